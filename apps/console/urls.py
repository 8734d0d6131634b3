from django.urls import path

from apps.console import account, acts, appliances, figures, jobs, unsent, views, workflows
from apps.console.bench import urls as bench
from apps.console.credit import urls as credit
from apps.console.repairs import urls as repairs

app_name = "console"

urlpatterns = [
    path("", views.home, name="home"),
    path("login", account.login, name="login"),
    path("login/code", account.login_code, name="login_code"),
    path("again", unsent.again, name="unsent"),
    path("logout", account.logout, name="logout"),
    path("language", account.language, name="language"),
    path("password/<str:uid>/<str:token>", account.password, name="password"),
    path("account", account.account, name="account"),
    path("account/preferences", account.preferences, name="preferences"),
    path("account/password", account.change_password, name="change_password"),
    path("account/revoke", account.revoke, name="revoke"),
    path("account/second_step", account.second_step_begin, name="second_step_begin"),
    path("account/second_step/on", account.second_step_on, name="second_step_on"),
    path("account/second_step/off", account.second_step_off, name="second_step_off"),
    path("search", views.search, name="search"),
    path("units/<str:imei>", views.unit, name="unit"),
    path("units/<str:imei>/enable", views.enable, name="enable"),
    path("units/<str:imei>/disable", views.disable, name="disable"),
    path("units/<str:imei>/act/<str:name>", acts.act, name="act"),
    *credit.urlpatterns,
    path("bulk", jobs.bulk, name="bulk"),
    path("jobs", jobs.listing, name="jobs"),
    path("jobs/from_list", jobs.from_list, name="job_from_list"),
    path("jobs/<int:key>", jobs.job, name="job"),
    path("jobs/<int:key>/details", jobs.details, name="job_details"),
    path("jobs/<int:key>/start", jobs.start, name="job_start"),
    path("jobs/<int:key>/pause", jobs.pause, name="job_pause"),
    path("jobs/<int:key>/go_on", jobs.go_on, name="job_go_on"),
    path("jobs/<int:key>/cancel", jobs.cancel, name="job_cancel"),
    path("jobs/<int:key>/again", jobs.again, name="job_again"),
    path("jobs/<int:key>/report.csv", jobs.report, name="job_report"),
    path("jobs/<int:key>/file", jobs.file, name="job_file"),
    *bench.urlpatterns,
    path("workflows", workflows.workflow, name="workflows"),
    path("workflows/<str:name>", workflows.workflow, name="workflow"),
    *repairs.urlpatterns,
    path("bench/appliances", appliances.listing, name="appliances"),
    path("bench/appliances/<int:key>", appliances.repair, name="appliance"),
    path("bench/appliances/<int:key>/<str:verb>", appliances.act, name="appliance_act"),
    path("bench/figures", figures.figures, name="figures"),
    path("bench/figures.csv", figures.file, name="figures_file"),
    path("bench/repairs", figures.repairs, name="repairs"),
    path("bench/repairs.csv", figures.repairs_file, name="repairs_file"),
    path("field", views.field_home, name="field_home"),
    path("field/<str:imei>", views.field, name="field"),
]
