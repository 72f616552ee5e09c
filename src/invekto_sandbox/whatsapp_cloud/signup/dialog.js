// The sandbox's sign-up dialog: says to its opener what Meta's says, then goes where it was told with a code.
'use strict';

const WORDS = {
  tr: {
    title: 'WhatsApp numarasını bağla',
    lead: 'Sandbox: burada Meta’nın penceresi oynanır. Hiçbir şey makineden çıkmaz.',
    number: 'Numara',
    fresh: 'Yeni bir numara',
    name: 'İşletme adı (yeni numara için)',
    how: 'Nasıl bağlanacak?',
    new_number: 'Yeni numara',
    migration: 'Başka bir sağlayıcıdan taşınıyor',
    coexistence: 'Telefondaki WhatsApp Business ile birlikte',
    only_waba: 'Yalnızca hesap, numarasız',
    cancel: 'Vazgeç',
    fail: 'Hata ver',
    confirm: 'Onayla',
    refused: 'Sandbox bunu kabul etmedi.',
  },
  en: {
    title: 'Connect a WhatsApp number',
    lead: 'Sandbox: this plays Meta’s window. Nothing leaves this machine.',
    number: 'Number',
    fresh: 'A new number',
    name: 'Name of the business (for a new number)',
    how: 'How will it be connected?',
    new_number: 'A new number',
    migration: 'Moves here from another provider',
    coexistence: 'Together with WhatsApp Business on the phone',
    only_waba: 'The account alone, without a number',
    cancel: 'Cancel',
    fail: 'Fail',
    confirm: 'Confirm',
    refused: 'The sandbox refused this.',
  },
};
const query = new URLSearchParams(location.search);
const language = (query.get('locale') || navigator.language).startsWith('tr') ? 'tr' : 'en';
const words = WORDS[language];
const redirectUri = query.get('redirect_uri');
document.documentElement.lang = language;
for (const place of document.querySelectorAll('[data-text]')) place.textContent = words[place.dataset.text];

function say(event, data) {
  if (!window.opener) return;
  const message = { type: 'WA_EMBEDDED_SIGNUP', event, data, version: '3' };
  window.opener.postMessage(JSON.stringify(message), new URL(redirectUri).origin);
}

function refuse(code, description) {
  const next = new URLSearchParams({ error: code, error_description: description, state: query.get('state') ?? '' });
  location.assign(`${redirectUri}?${next}`);
}

const select = document.getElementById('number');
select.append(new Option(words.fresh, ''));
fetch('/signup/numbers')
  .then((answer) => answer.json())
  .then(({ items }) => {
    for (const one of items) select.append(new Option(`${one.phone} · ${one.name}`, one.phone_number_id));
  });

document.getElementById('cancel').addEventListener('click', () => {
  say('CANCEL', { current_step: 'PHONE_NUMBER_SETUP' });
  refuse('access_denied', 'Permissions error');
});
document.getElementById('fail').addEventListener('click', () => {
  say('ERROR', { error_message: 'Your account cannot be onboarded.', error_id: '524126', session_id: 'sandbox' });
  refuse('server_error', 'Your account cannot be onboarded.');
});
document.getElementById('form').addEventListener('submit', async (submit) => {
  submit.preventDefault();
  const body = {
    number: select.value || null,
    name: document.getElementById('name').value.trim(),
    mode: document.querySelector('[name=mode]:checked').value,
    redirect_uri: redirectUri,
    state: query.get('state'),
  };
  const answer = await fetch('/signup/confirm', { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) {
    document.getElementById('problem').textContent = words.refused;
    return;
  }
  const done = await answer.json();
  say(done.event, done.data);
  location.assign(done.next);
});
