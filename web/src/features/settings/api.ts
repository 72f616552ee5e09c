import { answer, api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';

export type FirmSettings = components['schemas']['FirmSettings'];

export const SETTINGS_KEY = ['settings'];
export const readSettings = () => answer(api.GET('/api/v1/settings'));
export const changeSettings = (body: components['schemas']['FirmSettingsBody']) =>
  answer(api.PATCH('/api/v1/settings', { body }));
