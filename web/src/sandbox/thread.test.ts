import { describe, expect, test } from 'vitest';
import { buttonsOf, editable, editOf, formAnswer, sectionsOf, shownOf, wordsOf } from './thread';
import type { Message } from './types';

let seq = 0;
const message = (type: string, content: unknown, more: Partial<Message> = {}): Message => {
  seq += 1;
  return {
    id: `wamid.${seq}`,
    seq,
    direction: 'customer',
    type,
    content,
    context: null,
    at: seq,
    status: 'sent',
    errors: null,
    reaction: { customer: null, business: null },
    media: null,
    ...more,
  };
};

describe('a thread on the phone', () => {
  test('the latest edit counts and the edit has no bubble of its own', () => {
    const first = message('text', { body: 'Bir' });
    const thread = [first, message('edit', editBody(first, 'İki')), message('edit', editBody(first, 'Üç'))];
    const shown = shownOf(thread);
    expect(shown.map((one) => [one.content, one.edited])).toEqual([[{ body: 'Üç' }, true]]);
  });

  test('an edited caption keeps the file', () => {
    const picture = message('image', { id: '7', caption: 'eski' });
    const [shown] = shownOf([picture, message('edit', editBody(picture, 'yeni'))]);
    expect(shown?.content).toEqual({ id: '7', caption: 'yeni' });
  });

  test('what was deleted for everyone stays as a line', () => {
    const first = message('text', { body: 'Gizli' });
    const shown = shownOf([first, message('revoke', { original_message_id: first.id }), message('reaction', {})]);
    expect(shown.map((one) => one.revoked)).toEqual([true]);
  });

  test('only own words that are still there can be changed', () => {
    const [own, theirs, gone, place] = shownOf([
      message('text', { body: 'a' }),
      message('text', { body: 'b' }, { direction: 'business' }),
      message('text', { body: 'c' }),
      message('location', {}),
    ]);
    expect(own && editable(own)).toBe('a');
    expect(theirs && editable(theirs)).toBeNull();
    expect(gone && editable({ ...gone, revoked: true })).toBeNull();
    expect(place && editable(place)).toBeNull();
  });

  test.each([
    [{ body: 'metin' }, 'metin'],
    [{ caption: 'alt yazı' }, 'alt yazı'],
    [{ body: { text: 'soru' } }, 'soru'],
    [{ shown: { body: 'şablon' } }, 'şablon'],
    [{ button_reply: { title: 'Evet' } }, 'Evet'],
    [{ latitude: 1 }, ''],
    [null, ''],
  ])('words of %j', (content, words) => {
    expect(wordsOf(message('any', content))).toBe(words);
  });
});

describe('answers', () => {
  test('a pressed button names itself', () => {
    const [button] = buttonsOf({ action: { buttons: [{ type: 'reply', reply: { id: 'y', title: 'Evet' } }] } });
    expect(button?.answer).toEqual({
      type: 'interactive',
      interactive: { type: 'button_reply', button_reply: { id: 'y', title: 'Evet' } },
    });
  });

  test('a chosen row carries its description only when it has one', () => {
    const sections = sectionsOf({
      action: {
        sections: [
          {
            title: 'Gün',
            rows: [
              { id: '1', title: 'Salı', description: '14.00' },
              { id: '2', title: 'Cuma' },
            ],
          },
        ],
      },
    });
    expect(sections[0]?.rows.map((row) => row.answer)).toEqual([
      {
        type: 'interactive',
        interactive: { type: 'list_reply', list_reply: { id: '1', title: 'Salı', description: '14.00' } },
      },
      { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: '2', title: 'Cuma' } } },
    ]);
  });

  test('a form is answered with JSON in a text, without nameless fields', () => {
    const answer = formAnswer('t-1', [
      ['ad', 'Gülşah'],
      [' ', 'x'],
    ]) as { interactive: { nfm_reply: { response_json: string } } };
    expect(JSON.parse(answer.interactive.nfm_reply.response_json)).toEqual({ ad: 'Gülşah', flow_token: 't-1' });
  });
});

function editBody(original: Message, words: string): unknown {
  return (editOf(original, words) as { edit: unknown }).edit;
}
