-- Sends requests that were signed beforehand: one line each, "imei counter tag", a file a thread.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end
function init(args)
  lines, at = {}, 0
  for line in io.lines(args[1] .. "." .. number) do lines[#lines + 1] = line end
  body = io.open(args[1] .. ".body"):read("*a")
end
function request()
  at = at + 1
  local imei, counter, tag = lines[at]:match("(%S+) (%S+) (%S+)")
  return wrk.format("POST", "/v1/rc_data", {
    ["Host"] = "127.0.0.1", ["Content-Type"] = "application/json",
    ["X-Unit-Imei"] = imei, ["X-Unit-Counter"] = counter, ["X-Unit-Auth"] = tag,
  }, body)
end
