"""The addresses around credit; they stand among those of the console."""

from django.urls import path

from apps.console.credit import codes, counter, ledger, many, requests, soon, taking

urlpatterns = [
    path("units/<str:imei>/credit", ledger.ledger, name="credit"),
    path("units/<str:imei>/credit/terms", ledger.terms, name="credit_terms"),
    path("units/<str:imei>/credit/pay", counter.pay, name="credit_pay"),
    path("units/<str:imei>/credit/take", taking.take, name="credit_take"),
    path("units/<str:imei>/credit/zero", taking.zero, name="credit_zero"),
    path("units/<str:imei>/credit/reset", taking.reset, name="credit_reset"),
    path("units/<str:imei>/credit/code", codes.issue, name="credit_code"),
    path("units/<str:imei>/credit/code/entered", codes.entered, name="credit_code_entered"),
    path("credit", soon.soon, name="credit_soon"),
    path("credit.csv", soon.file, name="credit_soon_file"),
    path("credit/many", many.many, name="credit_many"),
    path("credit/receipts/<int:key>", counter.receipt, name="credit_receipt"),
    path("credit/requests", requests.listing, name="credit_requests"),
    path("credit/requests/<int:key>/agree", requests.agree, name="credit_agree"),
    path("credit/requests/<int:key>/refuse", requests.refuse, name="credit_refuse"),
    path("credit/requests/<int:key>/withdraw", requests.withdraw, name="credit_withdraw"),
]
