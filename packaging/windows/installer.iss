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
; Programs that are started from now on see the new Path.
ChangesEnvironment=yes
; It speaks the language of Windows, or English.
ShowLanguageDialog=no
Compression=lzma2
SolidCompression=yes
OutputDir={#Output}
OutputBaseFilename={#Name}

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
#ifdef Chinese
Name: "zh"; MessagesFile: "compiler:Languages\ChineseSimplified.isl"
#endif

[CustomMessages]
en.CommandGroup=Command:
en.CommandOnPath=Have codex-probe found in every terminal
en.StartNow=Start Probe Tray
en.DeleteData=Also delete your accounts and settings?%n%nIf you keep them, they are there again when you install Probe Tray again.
#ifdef Chinese
zh.CommandGroup=命令：
zh.CommandOnPath=让每个终端都能找到 codex-probe
zh.StartNow=启动 Probe Tray
zh.DeleteData=是否同时删除您的账户和设置？%n%n如果保留，重新安装 Probe Tray 后可以继续使用。
#endif

[Tasks]
Name: "path"; Description: "{cm:CommandOnPath}"; GroupDescription: "{cm:CommandGroup}"; Flags: unchecked

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
Filename: "{app}\probe-tray.exe"; Description: "{cm:StartNow}"; Flags: nowait postinstall skipifsilent

[UninstallRun]
Filename: "{app}\probe-tray.exe"; Parameters: "--quit"; RunOnceId: "Quit"; Flags: runhidden

[UninstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Code]
const
  Environment = 'Environment';

// The person's own Path, which Windows puts behind that of the whole system.
procedure PutOnPath(Wanted: Boolean);
var
  Folder, Before, Path: String;
  Place: Integer;
begin
  Folder := ExpandConstant('{app}');
  Before := '';
  // What cannot be read is not replaced.
  if RegValueExists(HKCU, Environment, 'Path') and not RegQueryStringValue(HKCU, Environment, 'Path', Before) then
    exit;
  Path := ';' + Before + ';';
  Place := Pos(';' + Uppercase(Folder) + ';', Uppercase(Path));
  if Place > 0 then
    Delete(Path, Place, Length(Folder) + 1);
  Path := Copy(Path, 2, Length(Path) - 2);
  if Wanted then
    if Path = '' then
      Path := Folder
    else
      Path := Path + ';' + Folder;
  if Path <> Before then
    RegWriteExpandStringValue(HKCU, Environment, 'Path', Path);
end;

procedure CurStepChanged(Step: TSetupStep);
begin
  if Step = ssPostInstall then
    PutOnPath(WizardIsTaskSelected('path'));
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
begin
  if Step = usUninstall then
    PutOnPath(False);
  if (Step = usPostUninstall) and not UninstallSilent then
    if DirExists(ExpandConstant('{localappdata}\probe-tray')) then
      if MsgBox(CustomMessage('DeleteData'), mbConfirmation, MB_YESNO or MB_DEFBUTTON2) = IDYES then
        DelTree(ExpandConstant('{localappdata}\probe-tray'), True, True, True);
end;
