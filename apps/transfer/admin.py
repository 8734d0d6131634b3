"""Files out of and into the admin's lists: the buttons and the page that takes a file."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.core import sheets
from apps.core.admin.tables import RowAdmin
from apps.core.refusal_words import said
from apps.core.refusals import Invalid, Refused
from apps.jobs import actions as jobs
from apps.transfer import exporting
from apps.transfer.importing import importable


class FileForm(forms.Form):
    file = forms.FileField(label=_("File (CSV or XLSX)"), widget=UnfoldAdminFileFieldWidget)


class FilesAdmin(RowAdmin):
    actions = ("export_csv", "export_xlsx")
    actions_list = ("import_file",)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return importable(self.table) and (self._may(request, self.table.create) or self._may(request, self.table.edit))

    @action(description=_("Take in a file"), icon="upload_file", permissions=["import"])
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Upload; reading and trying it is a job with a page of its own."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            params = {"table": self.table.path, "name": file.name[-200:]}
            try:
                job = jobs.draft_from_file(
                    kind="rows.import", name=file.name, content=file.chunks(jobs.PIECE), params=params, by=request.user
                )
            except Invalid as refused:
                form.add_error("file", said(refused, fields=False))
            else:
                return redirect("console:job", key=job.pk)
        columns = [
            (column.name, capfirst(str(column.field.verbose_name)), column.field.help_text)
            for column in self.table.columns.values()
            if not (column.is_system_set and column is not self.table.key) and column.name not in self.table.owned
        ]
        context = {
            **self.admin_site.each_context(request), "title": _("Take in a file"), "form": form, "opts": self.opts,
            "columns": columns, "key": self.table.key.name, "makes": self.table.create is not None,
        }  # fmt: skip
        status = 400 if form.errors else 200
        return render(request, "admin/import_file.html", context, status=status)

    @action(description=_("Write into a CSV file"))
    def export_csv(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._export(request, queryset, sheets.CSV)

    @action(description=_("Write into an XLSX file"))
    def export_xlsx(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._export(request, queryset, sheets.XLSX)

    def _export(self, request: HttpRequest, rows: QuerySet, format: str) -> HttpResponse:
        """The ticked rows at once; all of a long list by a job."""
        rows = rows.order_by("pk")
        across = request.POST.get("select_across") == "1"
        count = self.get_paginator(request, rows, 1).count if across else 0
        if count > exporting.AT_ONCE:
            params = {"table": self.table.path, "format": format, "query": request.GET.urlencode()}
            job = jobs.make_file(kind="rows.export", params=params, total=count, by=request.user)
            return redirect("console:job", key=job.pk)
        try:
            content = exporting.at_once(self.table, rows, format, by=request.user)
        except Refused as refused:
            messages.error(request, said(refused))
            return redirect(request.get_full_path())
        response = HttpResponse(content, content_type=sheets.KINDS[format])
        response.headers["Content-Disposition"] = f'attachment; filename="{self.table.path}.{format}"'
        return response
