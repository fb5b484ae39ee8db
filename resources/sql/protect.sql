
-- Protects the table: from now on only computers that know the encryption key with this digest can use it. Run it on a
-- table that is in use whenever you like: no row is changed, and your computers go on with the rows that are there. Other
-- programs are refused from then on, and so are older versions of Probe Tray; they change nothing.
insert into public.probe_tray_keys (digest) values ('{digest}') on conflict do nothing;
alter table public.tokens enable row level security;
revoke truncate, references, trigger on public.tokens from public, anon, authenticated;
