"""Who works here and for whom: entities, their hubs and shops, users, tokens, sign-in counters."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts import agents
from apps.core import rules
from apps.core.crypto import EncryptedField, keyed_digest
from apps.core.fields import OptionField
from apps.core.levels import Level
from apps.core.models import Row, RowQuerySet
from apps.core.scope import ByEntity

UNKNOWN_ENTITY = 1  # holds the units that belong to no other entity


class Entity(Row):
    """An operating company that owns units."""

    SCOPE = ByEntity("entity_id")

    entity_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    bboxx_company_flag = models.BooleanField()
    tariff = models.CharField(max_length=255, null=True)
    financier = models.BooleanField(null=True)
    geic = models.CharField(max_length=255, null=True, unique=True)

    class Meta:
        verbose_name_plural = "entities"


class Hub(Row):
    """A regional store of an entity."""

    SCOPE = ByEntity("entity")

    RULES: ClassVar[Any] = {"latitude": rules.LATITUDE, "longitude": rules.LONGITUDE}

    hub_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    guid = models.CharField(max_length=255, null=True, unique=True)
    entity = models.ForeignKey(Entity, models.PROTECT, related_name="hubs")
    latitude = models.CharField(max_length=12, null=True)
    longitude = models.CharField(max_length=12, null=True)


class Shop(Row):
    """A shop of a hub."""

    SCOPE = ByEntity("hub__entity")

    RULES: ClassVar[Any] = {"latitude": rules.LATITUDE, "longitude": rules.LONGITUDE}

    shop_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    guid = models.CharField(max_length=255, null=True, unique=True)
    hub = models.ForeignKey(Hub, models.PROTECT, related_name="shops")
    latitude = models.CharField(max_length=12, null=True)
    longitude = models.CharField(max_length=12, null=True)


class Visibility(models.TextChoices):
    GLOBAL = "GLOBAL", _("All units")
    ENTITY = "ENTITY", _("Units of the own entity")


def account_of(typed: str) -> str:
    """The e-mail address as accounts bear it. One account, one spelling: what databases take for the same letter in
    another case (ſ for s) is another account, so nobody gets guesses of a counter of their own by writing it so."""
    return typed.replace("\0", "").strip().lower()[:254]


class UserManager(BaseUserManager.from_queryset(RowQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=account_of(username or ""))


class User(AbstractBaseUser, Row):
    """A person or an integration. Known by the e-mail address; may do what `permissions` says within `scope`."""

    SCOPE = ByEntity("entity")
    HIDDEN = ("password", "last_login", "is_active", "language", "time_zone")

    REQUIRED_FIELDS: ClassVar[list[str]] = []
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    user_id = models.AutoField(primary_key=True)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=255, blank=True, default="")
    display_name = models.CharField(max_length=255, blank=True, default="")
    permissions = OptionField(max_length=10, choices=Level.choices, default=Level.OVERVIEW)
    scope = OptionField(max_length=6, choices=Visibility.choices, default=Visibility.ENTITY)
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="users")
    hub = models.ForeignKey(Hub, models.PROTECT, null=True, blank=True)
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, blank=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=5, blank=True, default="")
    time_zone = models.CharField(max_length=64, blank=True, default="")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(Row.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_user_email_any_case"),
            models.CheckConstraint(
                condition=models.Q(scope="GLOBAL") | models.Q(entity__isnull=False),
                name="accounts_user_entity_scope_has_entity",
            ),
        ]

    @property
    def level(self) -> Level:
        return Level(self.permissions)

    @property
    def is_global(self) -> bool:
        return self.scope == Visibility.GLOBAL

    @property
    def entity_key(self) -> int | None:
        return self.entity_id

    @property
    def name_for_record(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """The admin opens for ADMIN and above."""
        return self.is_active and self.level >= Level.ADMIN

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        return self.is_active and self.level >= Level.SYSTEM

    def has_module_perms(self, app: str) -> bool:
        return self.is_active and self.level >= Level.ADMIN


class FromProgram:
    """Rows that some browser or program brought about."""

    agent: Any

    @property
    def program(self) -> str:
        """What it is called by people; its own long name is `agent`."""
        return agents.told(self.agent)


class Token(FromProgram, models.Model):
    """A log-in to the API. Only a keyed digest is stored; `expires_at` slides, written at most once a minute."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    source = models.CharField(max_length=64, blank=True, default="", db_default="")
    agent = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="accounts_token_expiry")]  # for tidy()

    def __str__(self) -> str:
        return f"token {self.pk} of user {self.user_id}"


class Session(FromProgram, AbstractBaseSession):
    """A browser that is signed in: Django's own session with whose it is, and whence."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # written at most every ten minutes
    source = models.CharField(max_length=64, blank=True, default="")
    agent = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"session of user {self.user_id}"

    @property
    def public_key(self) -> str:
        """What it is called on a page. Its own key, a digest, lets nobody in, but is nobody's affair either."""
        return keyed_digest(self.session_key, "session")[:20]

    @classmethod
    def get_session_store_class(cls) -> Any:
        from apps.accounts.sessions import SessionStore

        return SessionStore


class SignIn(FromProgram, models.Model):
    """One try to sign in, at either door."""

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", _("signed in")
        WRONG = "wrong", _("wrong address or password")
        CODE_WRONG = "code_wrong", _("wrong code of the second step")
        LOCKED = "locked", _("too many attempts")

    class Door(models.TextChoices):
        BROWSER = "browser", _("browser")
        API = "api", _("API")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    username = models.CharField(max_length=254)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sign_ins")
    outcome = OptionField(max_length=10, choices=Outcome.choices)
    door = OptionField(max_length=8, choices=Door.choices)
    source = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "sign-in"
        indexes = [
            models.Index(fields=["user", "-id"], name="accounts_sign_ins_of_user"),
            models.Index(fields=["at"], name="accounts_sign_in_at"),  # for tidy()
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at:%Y-%m-%d %H:%M}"


class SecondStep(models.Model):
    """Codes of an authenticator app (TOTP, RFC 6238). In force once a first code was right."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="second_step")
    secret = EncryptedField(label="second_step.secret")
    in_force_since = models.DateTimeField(null=True)
    last_used = models.BigIntegerField(default=0)  # the code's number in time: none is taken twice

    def __str__(self) -> str:
        return f"second step of user {self.user_id}"


class SpareCode(models.Model):
    """A code for the day the telephone is lost. Only a keyed digest is kept; each is taken once."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="spare_codes")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"spare code of user {self.user_id}"


class SignInCounter(models.Model):
    """How many guesses one source made at one account (or at all) in the current hour; see signin.py."""

    key = models.CharField(max_length=64, primary_key=True)
    window = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.count} since {self.window:%H:%M}"


class RepairCentre(Row):
    """A workshop where an entity repairs its units."""

    SCOPE = ByEntity("entity")

    repair_centre_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    entity = models.ForeignKey(Entity, models.PROTECT, related_name="repair_centre")


class UserRepairCentreLink(Row):
    """The repair centre a user works at, by e-mail address."""

    SCOPE = ByEntity("repair_centre__entity")

    user_repair_centre_link_id = models.AutoField(primary_key=True)
    username = models.CharField(max_length=255, unique=True)
    repair_centre = models.ForeignKey(RepairCentre, models.PROTECT, related_name="user_repair_centre_link")


class EntityFacilityLinker(Row):
    """Which tools an entity has in its workshops."""

    SCOPE = ByEntity("entity")

    entity_facility_linker_id = models.AutoField(primary_key=True)
    entity = models.OneToOneField(Entity, models.PROTECT, related_name="entity_facility_linker")
    test_jig = models.BooleanField()
    test_bench = models.BooleanField()
    usb_diag_tool = models.BooleanField()
    rework_process = models.BooleanField()
