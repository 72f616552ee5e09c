import { type RefObject, useEffect, useRef, useState } from 'react';

/** Takes files dropped anywhere on the conversation, not only on the composer. True while some hang over it. */
export function useFileDrop(
  inside: RefObject<HTMLElement | null>,
  active: boolean,
  onFiles: (files: Iterable<File>) => void,
): boolean {
  const [over, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    const pane = inside.current?.closest('main');
    if (!pane || !active) return;
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const allow = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      take.current(event.dataTransfer?.files ?? []);
    };
    pane.addEventListener('dragenter', enter);
    pane.addEventListener('dragleave', leave);
    pane.addEventListener('dragover', allow);
    pane.addEventListener('drop', drop);
    return () => {
      pane.removeEventListener('dragenter', enter);
      pane.removeEventListener('dragleave', leave);
      pane.removeEventListener('dragover', allow);
      pane.removeEventListener('drop', drop);
      setOver(false);
    };
  }, [inside, active]);
  return over;
}
