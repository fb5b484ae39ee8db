; Inno Setup's script of the installer for Windows; packaging/build_installer.py runs it and says the version.
; It installs for one person, without an administrator.

[Setup]
; Never change it: Windows knows by it that a new version replaces an old one.
AppId={{6E0B3C52-5D1B-4C0E-9F7A-3B1A7C2D9E41}
AppName=Probe Tray
AppVersion={#Version}
AppPublisher=Probe Tray contributors
AppPublisherURL={#Homepage}
AppSupportURL={#Homepage}/issues
DefaultDirName={localappdata}\Programs\Probe Tray
DisableDirPage=auto
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
LicenseFile={#Root}\LICENSE
SetupIconFile={#Root}\resources\icons\probe-tray.ico
UninstallDisplayIcon={app}\probe-tray.exe
UninstallDisplayName=Probe Tray
CloseApplications=yes
RestartApplications=no
Compression=lzma2
SolidCompression=yes
OutputDir={#Output}
OutputBaseFilename={#Name}

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"

[InstallDelete]
; What only an older version had would be found by the new one.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Bundle}\*"; DestDir: "{app}"; Flags: ignoreversion recursesubdirs createallsubdirs

[Icons]
; Windows shows notifications only of programs whose shortcut carries the same AppUserModelID as the running program.
Name: "{autoprograms}\Probe Tray"; Filename: "{app}\probe-tray.exe"; AppUserModelID: "{#AppUserModelID}"

[Registry]
; Starting at login is off until a person switches it on in Settings; the value must not outlive the program.
Root: HKCU; Subkey: "Software\Microsoft\Windows\CurrentVersion\Run"; ValueName: "probe-tray"; ValueType: none; Flags: dontcreatekey uninsdeletevalue

[Run]
Filename: "{app}\probe-tray.exe"; Description: "Start Probe Tray"; Flags: nowait postinstall skipifsilent

[UninstallRun]
Filename: "{app}\probe-tray.exe"; Parameters: "--quit"; RunOnceId: "Quit"; Flags: runhidden

[UninstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Code]
procedure CurUninstallStepChanged(Step: TUninstallStep);
begin
  if (Step = usPostUninstall) and not UninstallSilent then
    if DirExists(ExpandConstant('{localappdata}\probe-tray')) then
      if MsgBox('Also delete your accounts and settings?' + #13#10 + #13#10 +
        'If you keep them, they are there again when you install Probe Tray again.',
        mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
        DelTree(ExpandConstant('{localappdata}\probe-tray'), True, True, True);
end;
