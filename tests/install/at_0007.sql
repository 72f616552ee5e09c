-- A small firm as schema 0007 kept it (24 November 2026), written by hand. {words} are what this run's sandbox has given out.
-- agent1 and supervisor have the password demo1234.
insert into tenant (id, slug, name, created_at)
values ('00000000-0000-7000-8000-000000000001', 'demo', 'Eski Firma', now() - interval '90 days');
insert into tenant_counter (tenant_id, name, value)
select '00000000-0000-7000-8000-000000000001', name, value
  from (values ('channel', 1), ('contact', 2), ('conversation', 3)) as counter (name, value);
insert into user_account (tenant_id, id, username, username_key, name, role, password_hash, created_at)
select '00000000-0000-7000-8000-000000000001', id::uuid, username, username, initcap(username), role,
       '$argon2id$v=19$m=19456,t=2,p=1$LGCkUatoO+fuOAPX3w4LIg$QccXqNZLTyyzmK2Nc1IfEVtsLCqjAsi5ypbs5Oy5xSY', now() - interval '90 days'
  from (values ('00000000-0000-7000-8000-000000000011', 'agent1', 'user'),
               ('00000000-0000-7000-8000-000000000012', 'supervisor', 'supervisor')) as person (id, username, role);
insert into team (tenant_id, id, name, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000021', 'Destek', now() - interval '90 days');
insert into team_member (tenant_id, team_id, user_id)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000011');
insert into app (id, tenant_id, kind, secret, verify_token, created_at)
values ('00000000-0000-7000-8000-000000000031', null, 'whatsapp_cloud', '\x{app_secret}', '\x{verify_token}', now() - interval '90 days');
insert into channel (tenant_id, id, number, kind, provider, account_key, app_id, name, address, credentials, team_id, last_inbound_at, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000041', 1, 'whatsapp_cloud', 'meta', '{account_key}',
        '00000000-0000-7000-8000-000000000031', 'WhatsApp', '{address}', '\x{credentials}', '00000000-0000-7000-8000-000000000021',
        now() - interval '1 hour', now() - interval '90 days');
insert into channel_route (kind, provider, account_key, app_id, tenant_id, channel_id)
values ('whatsapp_cloud', 'meta', '{account_key}', '00000000-0000-7000-8000-000000000031',
        '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000041');
insert into contact (tenant_id, id, number, name, phone, search_key, sort_key, created_at, updated_at)
select '00000000-0000-7000-8000-000000000001', id::uuid, number, name, phone, lower(name), lower(name), now() - interval '30 days', now() - interval '30 days'
  from (values ('00000000-0000-7000-8000-000000000051', 1, 'Defne', '+905550000051'),
               ('00000000-0000-7000-8000-000000000052', 2, 'Kerem', '+905550000052')) as person (id, number, name, phone);
insert into identity (tenant_id, id, contact_id, channel_id, display, created_at)
select '00000000-0000-7000-8000-000000000001', id::uuid, contact_id::uuid, '00000000-0000-7000-8000-000000000041', display, now() - interval '30 days'
  from (values ('00000000-0000-7000-8000-000000000061', '00000000-0000-7000-8000-000000000051', 'Defne'),
               ('00000000-0000-7000-8000-000000000062', '00000000-0000-7000-8000-000000000052', 'Kerem')) as person (id, contact_id, display);
insert into identity_address (tenant_id, channel_id, scheme, value, identity_id)
select '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000041', 'phone', value, identity_id::uuid
  from (values ('+905550000051', '00000000-0000-7000-8000-000000000061'),
               ('+905550000052', '00000000-0000-7000-8000-000000000062')) as address (value, identity_id);
-- Defne: a resolved conversation and an open one that waits. Kerem: one that was answered, with a message still on its way.
insert into conversation (tenant_id, id, number, channel_id, identity_id, contact_id, team_id, assignee_id, status, last_seq, inbound_count,
                          answered_inbound_no, last_message_at, preview, preview_type, preview_direction, preview_status, preview_seq,
                          waiting_since, resolved_at, previous_id, window_opened_by, window_closes_at, created_at)
values
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000071', 1, '00000000-0000-7000-8000-000000000041',
  '00000000-0000-7000-8000-000000000061', '00000000-0000-7000-8000-000000000051', '00000000-0000-7000-8000-000000000021', null, 'resolved', 2, 1,
  1, now() - interval '20 days', 'Rica ederim', 'text', 'outbound', 'read', 2,
  null, now() - interval '20 days', null, 'contact', now() - interval '19 days', now() - interval '21 days'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000072', 2, '00000000-0000-7000-8000-000000000041',
  '00000000-0000-7000-8000-000000000061', '00000000-0000-7000-8000-000000000051', '00000000-0000-7000-8000-000000000021', null, 'open', 1, 1,
  0, now() - interval '1 hour', 'Merhaba yine', 'text', 'inbound', null, 1,
  now() - interval '1 hour', null, '00000000-0000-7000-8000-000000000071', 'contact', now() + interval '23 hours', now() - interval '1 hour'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000073', 3, '00000000-0000-7000-8000-000000000041',
  '00000000-0000-7000-8000-000000000062', '00000000-0000-7000-8000-000000000052', '00000000-0000-7000-8000-000000000021',
  '00000000-0000-7000-8000-000000000011', 'open', 4, 1,
  1, now() - interval '5 minutes', 'Hemen bakıyorum', 'text', 'outbound', 'queued', 4,
  null, null, null, 'contact', now() + interval '20 hours', now() - interval '4 hours');
insert into message (tenant_id, id, conversation_id, channel_id, seq, direction, type, text, status, error_code, author_kind, author_id,
                     provider_id, client_id, inbound_no, provider_at, created_at)
values
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000081', '00000000-0000-7000-8000-000000000071',
  '00000000-0000-7000-8000-000000000041', 1, 'inbound', 'text', 'Teşekkürler', null, null, 'contact', null, 'wamid.old1', null, 1, now() - interval '20 days', now() - interval '20 days'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000082', '00000000-0000-7000-8000-000000000071',
  '00000000-0000-7000-8000-000000000041', 2, 'outbound', 'text', 'Rica ederim', 'read', null, 'user', '00000000-0000-7000-8000-000000000011', 'wamid.old2', 'key-82', 1, null, now() - interval '20 days'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000083', '00000000-0000-7000-8000-000000000072',
  '00000000-0000-7000-8000-000000000041', 1, 'inbound', 'text', 'Merhaba yine', null, null, 'contact', null, 'wamid.old3', null, 1, now() - interval '1 hour', now() - interval '1 hour'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000084', '00000000-0000-7000-8000-000000000073',
  '00000000-0000-7000-8000-000000000041', 1, 'inbound', 'text', 'Kargom nerede?', null, null, 'contact', null, 'wamid.old4', null, 1, now() - interval '4 hours', now() - interval '4 hours'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000085', '00000000-0000-7000-8000-000000000073',
  '00000000-0000-7000-8000-000000000041', 2, 'outbound', 'text', 'Bir dakika', 'failed', 'rejected', 'user', '00000000-0000-7000-8000-000000000011', null, 'key-85', 1, null, now() - interval '3 hours'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000086', '00000000-0000-7000-8000-000000000073',
  '00000000-0000-7000-8000-000000000041', 3, 'internal', 'note', 'Kargo firmasını ara', null, null, 'user', '00000000-0000-7000-8000-000000000011', null, null, 1, null, now() - interval '2 hours'),
 ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000087', '00000000-0000-7000-8000-000000000073',
  '00000000-0000-7000-8000-000000000041', 4, 'outbound', 'text', 'Hemen bakıyorum', 'queued', null, 'user', '00000000-0000-7000-8000-000000000011', null, 'key-87', 1, null, now() - interval '5 minutes');
insert into outbox (tenant_id, message_id, conversation_id, channel_id, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000087', '00000000-0000-7000-8000-000000000073',
        '00000000-0000-7000-8000-000000000041', now() - interval '5 minutes');
insert into lane (tenant_id, conversation_id, channel_id, next_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000073', '00000000-0000-7000-8000-000000000041', now());
insert into attachment (tenant_id, id, message_id, channel_id, kind, mime, size, name, storage_key, state, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000091', '00000000-0000-7000-8000-000000000084',
        '00000000-0000-7000-8000-000000000041', 'document', 'application/pdf', 4, 'fatura.pdf', repeat('ab', 32), 'stored', now() - interval '4 hours');
insert into tag (tenant_id, id, name, name_key, color, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000a1', 'Kargo', 'kargo', 'blue', now() - interval '30 days');
insert into conversation_tag (tenant_id, conversation_id, tag_id)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000073', '00000000-0000-7000-8000-0000000000a1');
insert into draft (tenant_id, conversation_id, user_id, kind, text, updated_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000072', '00000000-0000-7000-8000-000000000011', 'reply', 'Merhaba Defne', now());
insert into delivery_update (tenant_id, channel_id, provider_id, status, occurred_at, received_at, applied_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000041', 'wamid.old2', 'read', now() - interval '20 days', now() - interval '20 days', now() - interval '20 days');
insert into receipt (kind, app_id, body, received_at, done_at)
values ('whatsapp_cloud', '00000000-0000-7000-8000-000000000031', '{}', now() - interval '1 day', now() - interval '1 day');
insert into quarantine (id, receipt_id, kind, app_id, path, raw, reason, created_at)
values ('00000000-0000-7000-8000-0000000000b1', 1, 'whatsapp_cloud', '00000000-0000-7000-8000-000000000031', '$.entry[0]', '{}', 'unknown_account', now() - interval '1 day');
insert into event (tenant_id, kind, conversation_id, message_id)
values ('00000000-0000-7000-8000-000000000001', 'message.received', '00000000-0000-7000-8000-000000000072', '00000000-0000-7000-8000-000000000083');
insert into audit_entry (tenant_id, id, action, actor_kind, created_at)
values ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-0000000000c1', 'channel.connected', 'system', now() - interval '90 days');
insert into pgqueuer (priority, entrypoint, payload, status, execute_after)
values (0, 'conversations.wake', '{"tenant_id": "00000000-0000-7000-8000-000000000001", "conversation_id": "00000000-0000-7000-8000-000000000072", "until": "2026-11-24T00:00:00+00:00"}', 'queued', now() + interval '1 day');
