"""Every failure a person can meet, as a sentence and what to do about it.

One base, :class:`ProbeError`; one leaf per cause, and what code decides by stands as facts on its class.
``title`` says what happened, ``hint`` what the person can do now.
Both are English templates with named facts; the view translates the template and fills in the facts, so a state keeps
:class:`Problem` (data) and never an exception. Facts are reviewed values: no token, no proxy password, no raw body.

ProbeError
  UsageError, ConfigError, SettingRoundedError, ReleasePageError, NoDisplayError, SystemLibraryError,
  OldSystemError, DataFolderError,
  CredentialFileError
  NotAnsweringError, HeldUpError and LogError (each a DataFolderError)
  StoreError
    KeyringAbsentError, KeyringLockedError, KeyringDeniedError, KeyringNoAnswerError
    KeyMissingError, RecordError, WriteError, ReadError, OfficialLoginError, SavedForLaterError, JournalSealedError
    NoSuchStoreError
  NotRenewableError, NotRevokedError, ClockError
  LoginError
    PortsTakenError, LoginUnderWayError, PortsReservedError (two of them), BrowserError
    LoginDeniedError, LoginNotEntitledError
    LoginTimedOutError
    ExchangeError, IncompleteReplyError, IdTokenError, IdTokenExpiredError
    WrongAccountError, OtherAccountError, OfficialExpiredError
    DeviceCodeOffError, DeviceCodeEndedError, PastedAddressError
  ServiceError
    NotSentError
      ProxyAddressError
      ProxyLoginError
        ProxyLoginMissingError
    CertificateError, UncertainError, RateLimitedError, UnavailableError, TokenRefusedError
    StillRefusedError, AccountDeactivatedError, WorkspaceDeactivatedError, WorkspaceRefusedError
    LoginEndedError, UncertainLoginError, RetryLaterError, RenewalsPausedError
    EdgeBlockedError, RegionBlockedError, StrangeAnswerError
    ModelRefusedError, ModelFailedError, ModelSilentError, QuotaUsedUpError
    NameNotFoundError, ProxyNameError, NoConnectionError, ProxyFailedError, SecureConnectionError, SilentServiceError
  SyncError
    SyncOffError, SyncKeyError, SyncRefusedError, SyncNoTableError, SyncColumnsError, SyncPageError, SyncStrangeError
    SyncPausedError
    SyncCutOffError, SyncUnsteadyError, SyncFloodedError, SyncEndlessError, SyncConflictError, SyncForbiddenError
    TableUncheckedError, RenewalWaitsError, RenewedUncheckedError, RenewalUnsharedError, ClaimedElsewhereError
    RenewalSentElsewhereError, SyncLeasesError, SyncNewerError, SyncTooLargeError
    SetupCodeStrangeError, SetupCodeNewerError, SetupCodeCutError, SetupCodeMistypedError
    RowError
      RowSealedError, RowGarbageError, RowSwappedError, RowReplayedError, RowRepairedError, RowTakenError
      RowAlteredError
"""

from probe_tray.core.errors.base import ProbeError, Problem, Remedy
from probe_tray.core.errors.logins import (
    BrowserError,
    DeviceCodeEndedError,
    DeviceCodeOffError,
    ExchangeError,
    IdTokenError,
    IdTokenExpiredError,
    IncompleteReplyError,
    LoginDeniedError,
    LoginError,
    LoginNotEntitledError,
    LoginTimedOutError,
    LoginUnderWayError,
    OfficialExpiredError,
    OtherAccountError,
    PastedAddressError,
    PortsReservedError,
    PortsTakenError,
    WrongAccountError,
)
from probe_tray.core.errors.phrase import Phrase, all_of, any_of
from probe_tray.core.errors.program import (
    ClockError,
    ConfigError,
    CredentialFileError,
    DataFolderError,
    HeldUpError,
    LogError,
    NoDisplayError,
    NotAnsweringError,
    NotificationsOffError,
    NotRenewableError,
    NotRevokedError,
    OldSystemError,
    ReleasePageError,
    SettingRoundedError,
    SystemLibraryError,
    UsageError,
)
from probe_tray.core.errors.service import (
    SERVICE,
    SYNC_TABLE,
    AccountDeactivatedError,
    CertificateError,
    EdgeBlockedError,
    LoginEndedError,
    ModelFailedError,
    ModelRefusedError,
    ModelSilentError,
    NameNotFoundError,
    NoConnectionError,
    NotSentError,
    ProxyAddressError,
    ProxyFailedError,
    ProxyLoginError,
    ProxyLoginMissingError,
    ProxyNameError,
    QuotaUsedUpError,
    RateLimitedError,
    RegionBlockedError,
    RenewalsPausedError,
    RetryLaterError,
    SecureConnectionError,
    ServiceError,
    SilentServiceError,
    StillRefusedError,
    StrangeAnswerError,
    TokenRefusedError,
    UnavailableError,
    UncertainError,
    UncertainLoginError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
)
from probe_tray.core.errors.stores import (
    FolderGoneError,
    FolderMissingError,
    JournalSealedError,
    KeyMissingError,
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    NoSuchStoreError,
    OfficialLoginError,
    OfficialSealedError,
    ReadError,
    RecordError,
    SavedForLaterError,
    StoreError,
    WriteError,
)
from probe_tray.core.errors.sync import (
    ClaimedElsewhereError,
    RenewalSentElsewhereError,
    RenewalUnsharedError,
    RenewalWaitsError,
    RenewedUncheckedError,
    RowAlteredError,
    RowError,
    RowGarbageError,
    RowRepairedError,
    RowReplayedError,
    RowSealedError,
    RowSwappedError,
    RowTakenError,
    SetupCodeCutError,
    SetupCodeMistypedError,
    SetupCodeNewerError,
    SetupCodeStrangeError,
    SyncColumnsError,
    SyncConflictError,
    SyncCutOffError,
    SyncEndlessError,
    SyncError,
    SyncFloodedError,
    SyncForbiddenError,
    SyncKeyError,
    SyncLeasesError,
    SyncNoTableError,
    SyncOffError,
    SyncPageError,
    SyncPausedError,
    SyncRefusedError,
    SyncStrangeError,
    SyncTooLargeError,
    SyncUnsteadyError,
    TableUncheckedError,
)

__all__ = [
    "SERVICE",
    "SYNC_TABLE",
    "AccountDeactivatedError",
    "BrowserError",
    "CertificateError",
    "ClaimedElsewhereError",
    "ClockError",
    "ConfigError",
    "CredentialFileError",
    "DataFolderError",
    "DeviceCodeEndedError",
    "DeviceCodeOffError",
    "EdgeBlockedError",
    "ExchangeError",
    "FolderGoneError",
    "FolderMissingError",
    "HeldUpError",
    "IdTokenError",
    "IdTokenExpiredError",
    "IncompleteReplyError",
    "JournalSealedError",
    "KeyMissingError",
    "KeyringAbsentError",
    "KeyringDeniedError",
    "KeyringLockedError",
    "KeyringNoAnswerError",
    "LogError",
    "LoginDeniedError",
    "LoginEndedError",
    "LoginError",
    "LoginNotEntitledError",
    "LoginTimedOutError",
    "LoginUnderWayError",
    "ModelFailedError",
    "ModelRefusedError",
    "ModelSilentError",
    "NameNotFoundError",
    "NoConnectionError",
    "NoDisplayError",
    "NoSuchStoreError",
    "NotAnsweringError",
    "NotRenewableError",
    "NotRevokedError",
    "NotSentError",
    "NotificationsOffError",
    "OfficialExpiredError",
    "OfficialLoginError",
    "OfficialSealedError",
    "OldSystemError",
    "OtherAccountError",
    "PastedAddressError",
    "Phrase",
    "PortsReservedError",
    "PortsTakenError",
    "ProbeError",
    "Problem",
    "ProxyAddressError",
    "ProxyFailedError",
    "ProxyLoginError",
    "ProxyLoginMissingError",
    "ProxyNameError",
    "QuotaUsedUpError",
    "RateLimitedError",
    "ReadError",
    "RecordError",
    "RegionBlockedError",
    "ReleasePageError",
    "Remedy",
    "RenewalSentElsewhereError",
    "RenewalUnsharedError",
    "RenewalWaitsError",
    "RenewalsPausedError",
    "RenewedUncheckedError",
    "RetryLaterError",
    "RowAlteredError",
    "RowError",
    "RowGarbageError",
    "RowRepairedError",
    "RowReplayedError",
    "RowSealedError",
    "RowSwappedError",
    "RowTakenError",
    "SavedForLaterError",
    "SecureConnectionError",
    "ServiceError",
    "SettingRoundedError",
    "SetupCodeCutError",
    "SetupCodeMistypedError",
    "SetupCodeNewerError",
    "SetupCodeStrangeError",
    "SilentServiceError",
    "StillRefusedError",
    "StoreError",
    "StrangeAnswerError",
    "SyncColumnsError",
    "SyncConflictError",
    "SyncCutOffError",
    "SyncEndlessError",
    "SyncError",
    "SyncFloodedError",
    "SyncForbiddenError",
    "SyncKeyError",
    "SyncLeasesError",
    "SyncNoTableError",
    "SyncOffError",
    "SyncPageError",
    "SyncPausedError",
    "SyncRefusedError",
    "SyncStrangeError",
    "SyncTooLargeError",
    "SyncUnsteadyError",
    "SystemLibraryError",
    "TableUncheckedError",
    "TokenRefusedError",
    "UnavailableError",
    "UncertainError",
    "UncertainLoginError",
    "UsageError",
    "WorkspaceDeactivatedError",
    "WorkspaceRefusedError",
    "WriteError",
    "WrongAccountError",
    "all_of",
    "any_of",
]
