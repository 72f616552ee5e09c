import { describe, expect, test } from 'vitest';
import type { Template } from '../api';
import {
  componentsOf,
  type Draft,
  draftOf,
  isEditable,
  newButton,
  newDraft,
  nextVariable,
  placeOf,
  templateName,
  variableName,
  withButton,
  withFormat,
} from './draft';

const draft = (change: Partial<Draft> = {}): Draft => ({ ...newDraft(), body: 'Merhaba, bekliyoruz.', ...change });

function template(change: Partial<Template>): Template {
  return {
    id: '1',
    channel_id: 'c',
    account_key: '1',
    name: 'randevu',
    language: 'tr',
    category: 'UTILITY',
    status: 'APPROVED',
    quality: null,
    rejected_reason: null,
    rejected_message: null,
    parameter_format: 'POSITIONAL',
    components: [],
    variables: [],
    header_format: null,
    sendable: true,
    blocked: null,
    updated_at: '2026-11-24T10:00:00Z',
    ...change,
  };
}

describe('names', () => {
  test('a template’s name is made of what is typed, while it is typed', () => {
    expect(templateName('Randevu Onayı')).toBe('randevu_onayi');
    expect(templateName('ÇĞİÖŞÜ ışık 2')).toBe('cgiosu_isik_2');
    expect(templateName('randevu ')).toBe('randevu_');
    expect(templateName('  ')).toBe('');
  });

  test('a variable’s name begins with a letter', () => {
    expect(variableName('Müşteri adı')).toBe('musteri_adi');
    expect(variableName('2. ad')).toBe('ad');
    expect(variableName('!')).toBe('ad');
  });

  test('the next variable is the lowest free number, or the name with a number of its own', () => {
    expect(nextVariable('{{1}} ve {{3}}', 'POSITIONAL')).toBe('2');
    expect(nextVariable('{{ad}} ve {{ad_2}}', 'NAMED', 'Ad')).toBe('ad_3');
  });
});

describe('the provider’s shape', () => {
  test('numbered examples stand in the order of their numbers, whatever their order in the text', () => {
    const made = componentsOf(
      draft({
        header: 'TEXT',
        headerText: 'Sayın {{1}}',
        body: 'Önce {{2}} sonra {{1}} gelir.',
        samples: { 'header.1': 'Ayşe', 'body.1': 'bir', 'body.2': 'iki' },
      }),
    );
    expect(made).toEqual([
      { type: 'HEADER', format: 'TEXT', text: 'Sayın {{1}}', example: { header_text: ['Ayşe'] } },
      { type: 'BODY', text: 'Önce {{2}} sonra {{1}} gelir.', example: { body_text: [['bir', 'iki']] } },
    ]);
  });

  test('named examples carry their names; a missing one keeps its place', () => {
    const [body] = componentsOf(
      draft({ format: 'NAMED', body: 'Bay {{ad}}, {{saat}} uygun mu?', samples: { 'body.ad': 'Can' } }),
    );
    expect(body?.example).toEqual({
      body_text_named_params: [
        { param_name: 'ad', example: 'Can' },
        { param_name: 'saat', example: '' },
      ],
    });
  });

  test('an address that ends in a variable is shown to the reviewer whole', () => {
    const url = { ...newButton('URL'), text: 'Aç', url: 'https://m.example/r/{{1}}', sample: '7' };
    const phone = { ...newButton('PHONE_NUMBER'), text: 'Ara', phone: '+90 (212) 555 01-01' };
    const buttons = componentsOf(draft({ buttons: [url, phone] })).at(-1)?.buttons;
    expect(buttons).toEqual([
      { type: 'URL', text: 'Aç', url: 'https://m.example/r/{{1}}', example: ['https://m.example/r/7'] },
      { type: 'PHONE_NUMBER', text: 'Ara', phone_number: '+902125550101' },
    ]);
  });

  test('an authentication template has no words of its own', () => {
    expect(componentsOf(draft({ category: 'AUTHENTICATION', body: 'benim', minutes: '5', header: 'TEXT' }))).toEqual([
      { type: 'BODY', add_security_recommendation: true },
      { type: 'FOOTER', code_expiration_minutes: 5 },
      { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
    ]);
  });

  test('what was submitted can be read back and submitted again unchanged', () => {
    const given = draft({
      header: 'TEXT',
      headerText: 'Randevu',
      body: 'Sayın {{1}}, saat {{2}} uygundur.',
      footer: 'Mavera',
      samples: { 'body.1': 'Ayşe', 'body.2': '14:30' },
      buttons: [
        { ...newButton('QUICK_REPLY'), text: 'Evet' },
        { ...newButton('URL'), text: 'Aç', url: 'https://m.example/{{1}}', sample: 'x' },
        { ...newButton('COPY_CODE'), sample: 'KOD' },
      ],
    });
    const components = componentsOf(given);
    const read = draftOf(
      template({
        components,
        header_format: 'TEXT',
        variables: [
          { key: 'body.1', where: 'body', index: null, example: 'Ayşe' },
          { key: 'body.2', where: 'body', index: null, example: '14:30' },
          { key: 'button.1', where: 'button', index: 1, example: 'x' },
        ],
      }),
    );
    expect(componentsOf(read)).toEqual(components);
  });

  test('the example of a header’s file is asked for anew: the provider keeps it under another word', () => {
    const image = template({
      header_format: 'IMAGE',
      components: [{ type: 'HEADER', format: 'IMAGE', example: { header_handle: ['https://scontent.example/x'] } }],
    });
    expect(draftOf(image)).toMatchObject({ header: 'IMAGE', handle: null });
  });
});

describe('changing a draft', () => {
  test('variables are renamed in all texts, and their examples with them', () => {
    const named = withFormat(
      draft({ body: 'Bay {{2}}, {{1}} ve yine {{2}}.', samples: { 'body.1': 'bir', 'body.2': 'iki' } }),
      'NAMED',
    );
    expect(named.body).toBe('Bay {{bilgi_1}}, {{bilgi_2}} ve yine {{bilgi_1}}.');
    expect(named.samples).toEqual({ 'body.bilgi_1': 'iki', 'body.bilgi_2': 'bir' });
    expect(withFormat(named, 'POSITIONAL').body).toBe('Bay {{1}}, {{2}} ve yine {{1}}.');
  });

  test('a quick reply is put beside the others of its kind', () => {
    const kinds = withButton([newButton('QUICK_REPLY'), newButton('URL')], 'QUICK_REPLY').map((one) => one.kind);
    expect(kinds).toEqual(['QUICK_REPLY', 'QUICK_REPLY', 'URL']);
    expect(withButton([newButton('URL')], 'QUICK_REPLY').map((one) => one.kind)).toEqual(['URL', 'QUICK_REPLY']);
  });

  test('a carousel or a flow is not opened for editing, where it would be lost', () => {
    expect(isEditable(template({ components: [{ type: 'BODY', text: 'x' }] }))).toBe(true);
    expect(isEditable(template({ components: [{ type: 'BODY', text: 'x' }, { type: 'CAROUSEL' }] }))).toBe(false);
    const flow = [{ type: 'BUTTONS', buttons: [{ type: 'FLOW', text: 'Başla' }] }];
    expect(isEditable(template({ components: flow }))).toBe(false);
  });
});

test('each problem is shown where it can be corrected', () => {
  const components = componentsOf(draft({ header: 'TEXT', headerText: 'a', footer: 'b', buttons: [newButton('URL')] }));
  const place = (path: string, params = {}) => placeOf(path, params, components);
  expect(place('name')).toBe('name');
  expect(place('components')).toBe('body');
  expect(place('components.0.text')).toBe('header');
  expect(place('components.0.example', { variable: '1' })).toBe('sample.header.1');
  expect(place('components.0.example')).toBe('file');
  expect(place('components.1.text')).toBe('body');
  expect(place('components.1.example', { variable: 'ad' })).toBe('sample.body.ad');
  expect(place('components.2.text')).toBe('footer');
  expect(place('components.3.buttons')).toBe('buttons');
  expect(place('components.3.buttons.0.url')).toBe('button.0.url');
});
