import { describe, expect, test } from 'vitest';
import { bodyOf, draftOfField, moved, newOption, problemsOf } from './fieldDraft';

describe('the definition of a field', () => {
  test('empty rows are no options, and only what is chosen has any', () => {
    const draft = { label: ' Saat ', type: 'select' as const, personal: false, options: [newOption('Sabah '), newOption()] };
    expect(bodyOf(draft)).toEqual({
      label: 'Saat',
      type: 'select',
      personal: false,
      options: [{ id: null, label: 'Sabah', archived: false }],
    });
    expect(bodyOf({ ...draft, type: 'text' })).not.toHaveProperty('options');
  });

  test('what is wrong is said at its place', () => {
    const options = [newOption('Işık'), newOption('ISIK'), newOption('', 'a')];
    const found = problemsOf({ label: '', type: 'select', personal: false, options });
    expect([...found]).toEqual([
      ['label', 'required'],
      [options[1]?.row, 'repeated'],
      [options[2]?.row, 'required'],
    ]);
    expect(problemsOf({ label: 'A', type: 'multi_select', personal: false, options: [newOption()] }).get('options')).toBe(
      'needsOption',
    );
    expect(problemsOf({ label: 'A', type: 'text', personal: false, options: [] }).size).toBe(0);
  });

  test('archived options are not edited', () => {
    const options = [
      { id: 'a', label: 'Sabah', archived: false },
      { id: 'b', label: 'Eski', archived: true },
    ];
    const draft = draftOfField({ id: 'f', key: 'k', label: 'Saat', type: 'select', options, personal: true, archived: false });
    expect(draft.options.map((option) => option.id)).toEqual(['a']);
  });

  test('a place beyond either end is the end', () => {
    expect(moved([1, 2, 3], 0, 1)).toEqual([2, 1, 3]);
    expect(moved([1, 2, 3], 2, -1)).toEqual([3, 1, 2]);
    expect(moved([1, 2, 3], 0, 9)).toEqual([2, 3, 1]);
  });
});
