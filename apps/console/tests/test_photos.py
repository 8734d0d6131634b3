"""Photos at the bench: what is kept of them, what is refused, who sees them."""

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.console.tests.test_parts_around_repairs import Bench
from apps.core.levels import Level
from apps.products.actions import change_state
from apps.products.states import TERMINATED
from apps.repairs import pictures
from apps.repairs.models import PhotoFile, RepairPhoto
from apps.repairs.tests.standing import centre_of, in_repair

pytestmark = pytest.mark.django_db
SECRET = b"taken at the customer's house"


@pytest.fixture
def repair(cast):
    centre_of(cast.a, cast.tina)
    return in_repair("010101234560013", cast.a, cast.tina)


@pytest.fixture
def bench(cast):
    return Bench(cast.tina)


def a_photo(size=(2400, 1200), kind="JPEG", **more):
    """With a position, a camera, a comment and a turn to the side in it."""
    image = Image.new("RGB", size, "orange")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90°
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[2] = (1.0, 57.0, 0.0)
    out = io.BytesIO()
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


def upload(content, name="photo.jpg"):
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def test_photos_are_kept_small_upright_and_without_anything_hidden(bench, repair):
    where = f"/bench/repairs/{repair.pk}/photos"
    first, second = a_photo(comment=SECRET), a_photo((300, 200), "PNG")
    assert SECRET in first
    assert SECRET in second
    bench.post(where, photo=[upload(first), upload(second, "photo.png")])
    rows = list(RepairPhoto.objects.order_by("pk"))
    assert [(row.width, row.height, row.state_id) for row in rows] == [
        (800, 1600, "ss_state_check"), (200, 300, "ss_state_check"),
    ]  # fmt: skip
    for row in rows:
        for column in ("picture", "small"):
            content = bytes(getattr(row.file, column))
            image = Image.open(io.BytesIO(content))
            assert (image.format, dict(image.getexif()), "comment" in image.info) == ("JPEG", {}, False)
            assert SECRET not in content
            assert b"Exif" not in content
    shown = bench.get(where)
    assert shown.count('/small"') == 2
    assert "State check" in shown
    answer = bench.client.get(f"{where}/{rows[0].pk}/small")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"].startswith("private")
    assert bytes(answer.content) == bytes(rows[0].file.small)
    assert f"<dt>Photos</dt><dd>{2}</dd>" in bench.get(f"/bench/repairs/{repair.pk}/sheet")


def a_bomb():
    """A PNG of a few bytes that would be 400 megapixels."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = (20_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "is no picture"),
        (b"%PDF-1.4", "is no picture"),
        (a_photo()[:4000], "is no picture"),
        (a_bomb(), "is no picture"),
        (b"", "is empty"),
    ],
    ids=["svg", "pdf", "cut off", "bomb", "empty"],
)
def test_what_is_no_picture_is_refused_and_nothing_of_the_rest_is_kept(bench, repair, content, text):
    where = f"/bench/repairs/{repair.pk}/photos"
    assert text in bench.post(where, 400, photo=[upload(a_photo((100, 100))), upload(content)])
    assert not PhotoFile.objects.exists()


def test_too_many_pixels_and_bytes_and_photos(bench, repair, monkeypatch):
    where = f"/bench/repairs/{repair.pk}/photos"
    monkeypatch.setattr(pictures, "MOST_PIXELS", 9_999)
    assert "too many pixels" in bench.post(where, 400, photo=upload(a_photo((100, 100))))
    monkeypatch.setattr(pictures, "MOST_BYTES", 100)
    assert "MB at most" in bench.post(where, 413, photo=upload(a_photo((100, 90))))
    assert "that can be sent at once" in bench.post(where, 400, photo=[upload(b"x") for _ in range(13)])
    assert "choose or take a photo first" in bench.post(where, 400)


def test_who_sees_and_who_removes_a_photo(cast, bench, repair):
    where = f"/bench/repairs/{repair.pk}/photos"
    bench.post(where, photo=upload(a_photo((100, 100))))
    key = RepairPhoto.objects.get().pk
    colleague, stranger = Bench(cast.alice), Bench(cast.charlie)
    assert colleague.client.get(f"{where}/{key}").status_code == 200
    assert stranger.client.get(f"{where}/{key}").status_code == 404
    assert stranger.client.post(where, {"photo": upload(a_photo((100, 100)))}).status_code == 404
    assert Bench(cast.bob).client.post(where, {"photo": upload(b"x")}).status_code == 403
    assert "by the person who took it" in colleague.post(f"{where}/remove", 403, photo=key)
    other = in_repair("010101234560021", cast.a, cast.tina)
    assert bench.client.get(f"/bench/repairs/{other.pk}/photos/{key}").status_code == 404
    bench.post(f"/bench/repairs/{other.pk}/photos/remove", 400, photo=key)
    bench.post(f"{where}/remove", photo=key)
    assert not PhotoFile.objects.exists()
    bench.post(where, photo=upload(a_photo((100, 100))))
    change_state(repair.product, new_state=TERMINATED, by=cast.users["A", Level.ADMIN])
    assert "has ended" in bench.post(f"{where}/remove", 400, photo=RepairPhoto.objects.get().pk)
    assert "has ended" in bench.post(where, 400, photo=upload(a_photo((100, 100))))
