-- What the SQL of the guide works on.
CREATE EXTENSION pg_stat_statements;
CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL, email text, seen timestamptz);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint REFERENCES users, state text NOT NULL, total bigint);
CREATE TABLE outbox (id bigserial PRIMARY KEY, payload jsonb NOT NULL, sent_at timestamptz);
CREATE TABLE jobs (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'ready', run_at timestamptz NOT NULL DEFAULT now(),
    locked_until timestamptz, attempts int NOT NULL DEFAULT 0);
INSERT INTO users (name) SELECT 'user ' || n FROM generate_series(1, 100) AS n;
INSERT INTO orders (user_id, state, total) SELECT id, 'open', 100 FROM users;
INSERT INTO jobs (state) SELECT 'ready' FROM generate_series(1, 10);
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE app LOGIN; END IF;
END $$;
