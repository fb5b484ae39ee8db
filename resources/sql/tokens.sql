-- The table through which Probe Tray and codex-probe share logins between your machines.
--
-- Where: the SQL editor of your Supabase project. (On a PostgREST of your own: psql, with the roles
-- that it uses in place of anon and authenticated.)
-- It may be run again at any time: it removes nothing, changes no row, and leaves a table that has
-- policies already as it is.
--
-- Please know what the policies below mean before you run this:
--
--   * Anyone who has your project's address and its publishable key can READ every row. What they
--     read is ciphertext: token_data is sealed with AES-256-GCM, and the key for it never leaves
--     your machines. The columns id, email and update_time are plain text to them.
--   * Anyone who has that key can also WRITE: add rows, and overwrite yours. They cannot make up a
--     login, because they cannot seal one; but they can spoil a row, or put an old copy of it back.
--     The programs check every row they read and refuse such rows. They cannot undo the damage.
--   * Nobody can delete rows with that key.
--
-- So: keep the publishable key to yourself, and use a project that serves nothing else.

create table if not exists public.tokens (
    id          text primary key,  -- the account's id; all members of one team share it
    email       text,              -- for people who look at the table; never trusted
    token_data  text,              -- base64 of a 12-byte nonce and AES-256-GCM of one credential file
    update_time timestamptz        -- when the login was last renewed; never decides which is newer
);

do $$
begin
    -- Whoever has made stricter policies keeps them: policies are added together, so that adding
    -- these here would open the table again.
    if not exists (select from pg_policies where schemaname = 'public' and tablename = 'tokens') then
        alter table public.tokens enable row level security;
        create policy "sync reads" on public.tokens for select to anon, authenticated using (true);
        create policy "sync adds" on public.tokens for insert to anon, authenticated with check (true);
        create policy "sync replaces" on public.tokens for update to anon, authenticated using (true) with check (true);
        grant usage on schema public to anon, authenticated;
        grant select, insert, update on public.tokens to anon, authenticated;
    end if;
end
$$;

-- Lets PostgREST see a new table at once.
notify pgrst, 'reload schema';
