/** The fault menu as the page offers it: what each switch asks for, and which of its numbers can be changed, within the sandbox's bounds. */
import type { FaultName } from './types';

export interface Parameter {
  name: string;
  /** The number on the page times this is the sandbox's: 1000 for seconds of a fault that counts in ms. */
  scale: number;
  low: number;
  high: number;
  /** May be left empty. */
  optional?: true;
}

export interface FaultOffer {
  name: FaultName;
  wish: Record<string, number | null>;
  parameters: Parameter[];
}

const every: Parameter = { name: 'every', scale: 1, low: 1, high: 1000 };

export const OFFERS: FaultOffer[] = [
  { name: 'slow', wish: { ms: 3000 }, parameters: [{ name: 'ms', scale: 1000, low: 0.1, high: 600 }] },
  {
    name: 'throttle',
    wish: { every: 5, retry_after_s: 5 },
    parameters: [every, { name: 'retry_after_s', scale: 1, low: 0, high: 86_400, optional: true }],
  },
  {
    name: 'refuse',
    wish: { code: 131016, http: 503, every: 1 },
    parameters: [every, { name: 'http', scale: 1, low: 400, high: 599 }, { name: 'code', scale: 1, low: 0, high: 10_000_000 }],
  },
  { name: 'duplicate', wish: { times: 2 }, parameters: [{ name: 'times', scale: 1, low: 2, high: 50 }] },
  { name: 'reorder', wish: { hold_s: 5 }, parameters: [{ name: 'hold_s', scale: 1, low: 0.1, high: 3600 }] },
  {
    name: 'withhold',
    wish: { hold_s: 60, every: 1 },
    parameters: [every, { name: 'hold_s', scale: 1, low: 0.1, high: 3600 }],
  },
  { name: 'forge', wish: { every: 1 }, parameters: [every] },
  { name: 'outage', wish: { for_s: 60 }, parameters: [{ name: 'for_s', scale: 1, low: 1, high: 86_400 }] },
  { name: 'media', wish: { every: 1 }, parameters: [every] },
  {
    name: 'batch',
    wish: { size: 10, wait_ms: 500 },
    parameters: [
      { name: 'size', scale: 1, low: 2, high: 1000 },
      { name: 'wait_ms', scale: 1, low: 0, high: 60_000 },
    ],
  },
];

/** What was typed as the sandbox's number; undefined when it is out of bounds or no number, null for "none". */
export function parsed(parameter: Parameter, typed: string): number | null | undefined {
  if (typed.trim() === '') return parameter.optional ? null : undefined;
  const number = Number(typed.replace(',', '.'));
  if (!Number.isFinite(number) || number < parameter.low || number > parameter.high) return undefined;
  return Math.round(number * parameter.scale * 1000) / 1000;
}

export const shownNumber = (parameter: Parameter, value: number | null | undefined): string =>
  value === null || value === undefined ? '' : String(value / parameter.scale);
