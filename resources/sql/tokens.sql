-- The tables through which Probe Tray and codex-probe share logins between your machines.
--
-- Where: the SQL editor of your Supabase project. (On a PostgREST of your own: psql, with the roles
-- that it uses in place of anon and authenticated.)
-- It may be run again at any time: it removes nothing, changes no row, and opens a table that has policies of its own
-- to nobody.
--
-- As it is here, the table is compatible with other programs, such as the codex-probe written in Go. Please know what
-- the policies below mean before you run this:
--
--   * Anyone who has your project's address and its publishable key can READ every row. What they
--     read is ciphertext: token_data is sealed with AES-256-GCM, and the key for it never leaves
--     your machines. The columns id, email and update_time are plain text to them.
--   * Anyone who has that key can also WRITE: add rows, and overwrite yours. They cannot make up a
--     login, because they cannot seal one; but they can spoil a row, or put an old copy of it back.
--     The programs check every row they read and refuse such rows. They cannot undo the damage.
--   * Nobody can delete rows with that key.
--
-- So: keep the publishable key to yourself, and use a project that serves nothing else. Or protect
-- the table: Set up sync in Probe Tray gives you this SQL with one more statement at its end, which
-- lets only computers in that know your encryption key. Other programs can't use the table then.

create table if not exists public.tokens (
    id          text primary key,  -- the account's id; all members of one team share it
    email       text,              -- for people who look at the table; never trusted
    token_data  text,              -- base64 of a 12-byte nonce and AES-256-GCM of one credential file
    update_time timestamptz        -- when the login was last renewed; never decides which is newer
);

do $$
begin
    -- Whoever has made stricter policies keeps them: policies are added together, so that adding
    -- these here would open the table again. A table with rows, with row-level security on and without any
    -- policy is used with a secret key alone, and stays so. (While it is empty, it is most likely a new one: many
    -- projects turn that security on for each new table.) To open such a table, run the five statements yourself.
    if not exists (select from pg_policies where schemaname = 'public' and tablename = 'tokens')
        and not (
            (select relrowsecurity from pg_class where oid = 'public.tokens'::regclass)
            and exists (select from public.tokens)
        )
    then
        alter table public.tokens enable row level security;
        create policy "sync reads" on public.tokens for select to anon, authenticated using (true);
        create policy "sync adds" on public.tokens for insert to anon, authenticated with check (true);
        create policy "sync replaces" on public.tokens for update to anon, authenticated using (true) with check (true);
        grant usage on schema public to anon, authenticated;
        grant select, insert, update on public.tokens to anon, authenticated;
    end if;
end
$$;

-- Who may use the table. While there is no row here, anyone with the publishable key. Otherwise only who sends a secret,
-- derived from the encryption key, whose SHA-256 is here; nobody can find the secret or the key from that. A row stays
-- when its key is no longer used, so that running an old copy of this SQL doesn't let that key in again.

create table if not exists public.probe_tray_keys (
    digest   text primary key check (digest ~ '^[0-9a-f]{64}$'),
    added_at timestamptz not null default now(),
    ended_at timestamptz
);
alter table public.probe_tray_keys enable row level security;
revoke all on public.probe_tray_keys from public, anon, authenticated;

-- Whether the request may use the table.
create or replace function public.probe_tray_has_key()
returns boolean language plpgsql stable security definer set search_path = '' as $$
declare
    shown text := coalesce(
        nullif(pg_catalog.current_setting('request.headers', true), '')::json ->> 'x-probe-tray-key', ''
    );
begin
    return not exists (select from public.probe_tray_keys) or exists (
        select from public.probe_tray_keys k
        where k.ended_at is null and k.digest in (
            select pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(one, 'UTF8')), 'hex')
            from unnest(pg_catalog.string_to_array(pg_catalog.left(shown, 1000), ' ')) one
        )
    );
end
$$;
-- To all roles: the policy below asks it for each of them, those of your own policies too. It says nothing but whether the
-- caller's own secret is right.
grant execute on function public.probe_tray_has_key() to public;

-- The same for the functions below: they fail. The policy cannot: a request for one row would then fail where the row is
-- there, and so say which accounts are.
create or replace function public.probe_tray_check_key()
returns void language plpgsql stable security definer set search_path = '' as $$
begin
    if not public.probe_tray_has_key() then
        raise sqlstate 'PT403' using message = 'this table is only for computers that know its encryption key';
    end if;
end
$$;
revoke all on function public.probe_tray_check_key() from public, anon, authenticated;

-- A restrictive policy only takes away: whatever other policies the table has, none lets in who fails this one.
do $$
begin
    if exists (
        select from pg_policies where schemaname = 'public' and tablename = 'tokens' and policyname = 'probe tray key'
    ) then
        alter policy "probe tray key" on public.tokens to public
            using (public.probe_tray_has_key()) with check (public.probe_tray_has_key());
    else
        create policy "probe tray key" on public.tokens as restrictive for all to public
            using (public.probe_tray_has_key()) with check (public.probe_tray_has_key());
    end if;
end
$$;

-- What a computer needs to know before it writes: whether the table is protected, and by which keys.
create or replace function public.probe_tray_status()
returns json language plpgsql stable security definer set search_path = '' as $$
begin
    perform public.probe_tray_check_key();
    return pg_catalog.json_build_object(
        'version', 2,
        'protected', exists (select from public.probe_tray_keys),
        'digests', coalesce(
            (select pg_catalog.json_agg(k.digest) from public.probe_tray_keys k where k.ended_at is null), '[]'::json
        )
    );
end
$$;

-- Change the key: let the new one in as well. Only a computer with a key of a protected table can do that.
create or replace function public.probe_tray_add_key(new_digest text)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
    -- One after the other: else two computers that end each other's key could both find their own one let in.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('probe_tray_keys', 0));
    perform public.probe_tray_check_key();
    if not exists (select from public.probe_tray_keys) or new_digest !~ '^[0-9a-f]{64}$' then
        raise exception 'not a key' using errcode = '22023';
    end if;
    insert into public.probe_tray_keys (digest) values (new_digest) on conflict do nothing;
    return exists (select from public.probe_tray_keys k where k.digest = new_digest and k.ended_at is null);
end
$$;

-- Change the key: from now on only this one is let in.
create or replace function public.probe_tray_end_other_keys(kept_digest text)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('probe_tray_keys', 0));
    perform public.probe_tray_check_key();
    if not exists (select from public.probe_tray_keys k where k.digest = kept_digest and k.ended_at is null) then
        return false;
    end if;
    update public.probe_tray_keys k set ended_at = pg_catalog.clock_timestamp()
    where k.digest <> kept_digest and k.ended_at is null;
    return true;
end
$$;

revoke all on function public.probe_tray_status() from public;
revoke all on function public.probe_tray_add_key(text) from public;
revoke all on function public.probe_tray_end_other_keys(text) from public;
grant execute on function public.probe_tray_status() to anon, authenticated;
grant execute on function public.probe_tray_add_key(text) to anon, authenticated;
grant execute on function public.probe_tray_end_other_keys(text) to anon, authenticated;

-- Leases: which computer renews a login right now, so that none uses a refresh token that another has used. Programs
-- that know nothing of them use the table above as before.
--
-- The lease is on a refresh token, which works once. Neither the token nor the account can be found out from it. A lease
-- whose computer has said that it sends the token is never given to another computer, however old it is: the token may
-- be used up. Only this database's clock counts. Rows are reached through the three functions alone; whoever may
-- use the table can call them, and so keep your computers from renewing.

create table if not exists public.probe_tray_leases (
    token      text primary key,      -- the first digits of a hash of the refresh token
    account    text not null,         -- a hash of the account's ids
    holder     text not null,         -- a computer, by a random name
    until      timestamptz not null,  -- until then nobody else renews the account
    sent_at    timestamptz,           -- when the token was about to be sent; empty where it was not, or is not used up
    renewed_at timestamptz            -- when the new login was in the table
);
-- When a login that came after the token was in the table: nobody may send the token again. In tables made by an earlier
-- version of this SQL it is empty for the tokens of that time.
alter table public.probe_tray_leases add column if not exists used_at timestamptz;
create index if not exists probe_tray_leases_account on public.probe_tray_leases (account);
alter table public.probe_tray_leases enable row level security;
revoke all on public.probe_tray_leases from public, anon, authenticated;

-- 'granted'; 'again': granted, and this computer has sent the token before; 'busy': another computer renews the account
-- now; 'sent': another computer has sent this token, and its new login is not in the table yet, or was there: whoever
-- can't take it from there must not send the old token all the same.
create or replace function public.probe_tray_take_lease(lease_account text, lease_token text, lease_holder text)
returns text language plpgsql security definer set search_path = '' as $$
declare
    answer text;
begin
    perform public.probe_tray_check_key();
    if lease_account is null or greatest(length(lease_account), length(lease_token), length(lease_holder)) > 64 then
        raise exception 'not a lease' using errcode = '22023';
    end if;
    -- One after the other for each account: else two computers could both find it free.
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(lease_account, 0));
    if exists (
        select from public.probe_tray_leases l
        where (l.account = lease_account or l.token = lease_token)
            and l.holder <> lease_holder and l.until > pg_catalog.clock_timestamp()
    ) then
        return 'busy';
    end if;
    if exists (
        select from public.probe_tray_leases l
        where l.token = lease_token
            and ((l.holder <> lease_holder and l.sent_at is not null) or l.used_at is not null)
    ) then
        return 'sent';
    end if;
    -- Leases that ended long ago and keep nobody from anything. One that says that a token was sent or used stays.
    delete from public.probe_tray_leases l where l.token in (
        select old.token from public.probe_tray_leases old
        where old.sent_at is null and old.used_at is null
            and old.until < pg_catalog.clock_timestamp() - interval '30 days'
        order by old.token limit 100 for update skip locked
    );
    insert into public.probe_tray_leases as l (token, account, holder, until)
    values (lease_token, lease_account, lease_holder, pg_catalog.clock_timestamp() + interval '2 minutes')
    on conflict (token) do update set account = excluded.account, holder = excluded.holder, until = excluded.until
        where l.holder = excluded.holder or (l.sent_at is null and l.until <= pg_catalog.clock_timestamp())
    returning case when l.sent_at is null then 'granted' else 'again' end into answer;
    return coalesce(answer, 'busy');
end
$$;

-- The token is about to be sent. False where the lease has ended meanwhile: then it must not be.
create or replace function public.probe_tray_mark_sent(lease_token text, lease_holder text)
returns boolean language plpgsql security definer set search_path = '' as $$
begin
    perform public.probe_tray_check_key();
    update public.probe_tray_leases l
    set sent_at = coalesce(l.sent_at, pg_catalog.clock_timestamp()),
        until = pg_catalog.clock_timestamp() + interval '2 minutes'
    where l.token = lease_token and l.holder = lease_holder and l.until > pg_catalog.clock_timestamp();
    return found;
end
$$;

-- The new login is in the table (renewed), or the token was not used up.
create or replace function public.probe_tray_end_lease(
    lease_account text, lease_token text, lease_holder text, renewed boolean
) returns boolean language plpgsql security definer set search_path = '' as $$
begin
    perform public.probe_tray_check_key();
    update public.probe_tray_leases l
    set until = least(l.until, pg_catalog.clock_timestamp()), sent_at = null,
        used_at = case
            when renewed and l.sent_at is not null and l.token <> lease_token then pg_catalog.clock_timestamp()
            else l.used_at
        end,
        renewed_at = case when renewed then pg_catalog.clock_timestamp() else l.renewed_at end
    where l.holder = lease_holder and (l.token = lease_token or (renewed and l.account = lease_account));
    return found;
end
$$;

revoke all on function public.probe_tray_take_lease(text, text, text) from public;
revoke all on function public.probe_tray_mark_sent(text, text) from public;
revoke all on function public.probe_tray_end_lease(text, text, text, boolean) from public;
grant execute on function public.probe_tray_take_lease(text, text, text) to anon, authenticated;
grant execute on function public.probe_tray_mark_sent(text, text) to anon, authenticated;
grant execute on function public.probe_tray_end_lease(text, text, text, boolean) to anon, authenticated;
grant usage on schema public to anon, authenticated;

-- What the publishable key may do, for the test in "Set up sync". Everything is really done, with a row and a lease of its
-- own, and taken back in the end: nothing of it stays, and no other row is touched. null: it could not be tried.
create or replace function public.probe_tray_rights()
returns json language plpgsql security invoker set search_path = '' as $$
declare
    name text := 'probe_tray_' || pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '');
    may_read boolean;
    may_add boolean := false;
    may_change boolean;
    may_lease boolean := false;
begin
    if not public.probe_tray_has_key() then
        raise sqlstate 'PT403' using message = 'this table is only for computers that know its encryption key';
    end if;
    begin
        insert into public.tokens (id, email, token_data, update_time)
        values (name, null, '', pg_catalog.clock_timestamp());
        may_add := true;
        may_read := false;
        may_change := false;
        may_read := exists (select from public.tokens t where t.id = name);
        update public.tokens t set token_data = 'changed' where t.id = name;
        may_change := found;
        raise exception 'taken back';
    exception when others then
        null;
    end;
    begin
        may_lease := public.probe_tray_take_lease(name, name, name) = 'granted'
            and public.probe_tray_mark_sent(name, name)
            and public.probe_tray_end_lease(name, name, name, true);
        raise exception 'taken back';
    exception when others then
        null;
    end;
    return pg_catalog.json_build_object('read', may_read, 'add', may_add, 'change', may_change, 'lease', may_lease);
end
$$;
revoke all on function public.probe_tray_rights() from public;
grant execute on function public.probe_tray_rights() to anon, authenticated;

-- Lets PostgREST see a new table at once.
notify pgrst, 'reload schema';
