import { expect, test } from 'vitest';
import type { SignupSettings } from '../api';
import { dialogUrl, eventOf, isFrom } from './signup';

const settings: SignupSettings = {
  available: true,
  app_id: '123',
  config_id: '456',
  graph_version: 'v26.0',
  redirect_uri: 'https://desk.example/channels/connected',
  sandbox_url: null,
};

test('without a sandbox the dialog is Facebook’s, for our app and back to our page', () => {
  const url = new URL(dialogUrl(settings, 'abc', true));
  expect(url.origin + url.pathname).toBe('https://www.facebook.com/v26.0/dialog/oauth');
  expect(url.searchParams.get('client_id')).toBe('123');
  expect(url.searchParams.get('redirect_uri')).toBe(settings.redirect_uri);
  expect(JSON.parse(url.searchParams.get('extras') ?? '')).toMatchObject({
    featureType: 'whatsapp_business_app_onboarding',
  });
  const played = new URL(dialogUrl({ ...settings, sandbox_url: 'http://127.0.0.1:8001/signup' }, 'abc', false));
  expect(played.origin + played.pathname).toBe('http://127.0.0.1:8001/signup');
});

test('only the dialog’s own site is believed', () => {
  const facebook = 'https://www.facebook.com/v26.0/dialog/oauth';
  expect(isFrom('https://www.facebook.com', facebook)).toBe(true);
  expect(isFrom('https://business.facebook.com', facebook)).toBe(true);
  for (const stranger of ['https://facebook.com.evil.example', 'https://evilfacebook.com', 'http://www.facebook.com']) {
    expect(isFrom(stranger, facebook)).toBe(false);
  }
  expect(isFrom('https://www.facebook.com', 'http://127.0.0.1:8001/signup')).toBe(false);
});

test('whatever else is posted is no event', () => {
  expect(eventOf('{"type":"WA_EMBEDDED_SIGNUP","event":"FINISH","data":{"waba_id":"1"}}')?.data.waba_id).toBe('1');
  for (const other of ['cb=1', '{"type":"x"}', null, 7, '{"type":"WA_EMBEDDED_SIGNUP"}']) expect(eventOf(other)).toBeNull();
});
