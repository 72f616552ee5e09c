import { describe, expect, test } from 'vitest';
import { OFFERS, parsed, shownNumber } from './faults';

const seconds = { name: 'ms', scale: 1000, low: 0.1, high: 600 };
const wait = { name: 'retry_after_s', scale: 1, low: 0, high: 10, optional: true } as const;

describe('numbers of a fault', () => {
  test.each([
    ['3', 3000],
    ['0,5', 500],
    ['0.25', 250],
    ['0', undefined],
    ['601', undefined],
    ['drei', undefined],
    ['', undefined],
  ])('%s seconds', (typed, wanted) => {
    expect(parsed(seconds, typed)).toBe(wanted);
  });

  test('an optional number may be left out', () => {
    expect(parsed(wait, ' ')).toBeNull();
    expect(shownNumber(wait, null)).toBe('');
    expect(shownNumber(seconds, 1500)).toBe('1.5');
  });

  test('each switch asks for numbers within the bounds that it offers', () => {
    for (const { name, wish, parameters } of OFFERS)
      for (const parameter of parameters)
        expect(parsed(parameter, shownNumber(parameter, wish[parameter.name])), `${name}.${parameter.name}`).toBe(
          wish[parameter.name],
        );
  });
});
