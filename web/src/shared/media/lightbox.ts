import { create } from 'zustand';

export interface Picture {
  url: string;
  name: string | null;
}

export const useLightbox = create<{ picture: Picture | null }>(() => ({ picture: null }));
export const openLightbox = (picture: Picture): void => useLightbox.setState({ picture });
export const closeLightbox = (): void => useLightbox.setState({ picture: null });
