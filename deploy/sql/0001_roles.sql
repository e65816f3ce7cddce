-- Who may do what: three group roles, made when they are missing and the migrating user may make roles; otherwise the
-- database's administrator makes them and grants membership (deploy/README.md). Logins are members of one of them.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['yjs_owner', 'yjs_daemon', 'yjs_read'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RAISE NOTICE 'role % is missing and this user may not make it: ask the administrator', wanted;
                WHEN duplicate_object OR unique_violation THEN
                    NULL;   -- another database of the same cluster was migrated at this moment
            END;
        END IF;
    END LOOP;
END
$$;
