"""What WhatsApp Cloud keeps. `seq` orders messages and is what the phone page pages by."""

TABLES = """
create table if not exists wa_customer (
    id integer primary key autoincrement,
    phone text unique,
    name text not null,
    username text,
    user_id text,
    shape text not null,
    grp text not null,
    fails_with integer,
    created_at real not null);
create index if not exists wa_customer_grp on wa_customer (grp, id);
create index if not exists wa_customer_user_id on wa_customer (user_id) where user_id is not null;

create table if not exists wa_user_id (
    waba_id text not null, user_id text not null, customer_id integer not null,
    primary key (waba_id, user_id)) without rowid;
create unique index if not exists wa_user_id_customer on wa_user_id (waba_id, customer_id);

create table if not exists wa_thread (
    number_id text not null, customer_id integer not null,
    window_closes_at real, window_hold text,
    unread integer not null default 0, last_at real not null default 0,
    preview text not null default '', preview_type text, preview_direction text,
    primary key (number_id, customer_id)) without rowid;
create index if not exists wa_thread_last on wa_thread (number_id, last_at desc);

create table if not exists wa_message (
    seq integer primary key autoincrement,
    wamid text not null unique,
    number_id text not null, customer_id integer not null,
    direction text not null check (direction in ('customer', 'business')),
    type text not null, content text not null, request text,
    context_wamid text, media_id text,
    at real not null, status text not null, errors text, callback_data text,
    next_status text, next_at real, fate integer, fate_details text,
    reaction_customer text, reaction_business text);
create index if not exists wa_message_thread on wa_message (number_id, customer_id, seq);
create index if not exists wa_message_next on wa_message (next_at) where next_status is not null;

create table if not exists wa_media (
    id text primary key, waba_id text not null, number_id text,
    mime text not null, size integer not null, sha256 text not null, filename text, voice integer not null,
    at real not null);

create table if not exists wa_subscription (
    object_id text primary key, subscribed integer not null, callback_url text, verify_token text);
"""
