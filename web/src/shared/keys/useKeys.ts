import { useLayoutEffect, useRef } from 'react';
import { type KeyCommand, registerKey } from './registry';

/** Registers commands as long as the component is on the screen. The newest `run` is called, without registering anew. */
export function useKeys(list: KeyCommand[], active = true): void {
  const latest = useRef(list);
  latest.current = list;
  const shape = list.map((command) => `${command.keys} ${command.label ?? ''}`).join('|');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the list, whose identity changes at each render
  useLayoutEffect(() => {
    if (!active) return;
    const stops = latest.current.map((command, index) => registerKey({ ...command, run: () => latest.current[index]?.run() }));
    return () => {
      for (const stop of stops) stop();
    };
  }, [shape, active]);
}
