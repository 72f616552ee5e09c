import type tr from './tr';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shared';
    resources: typeof tr;
    returnNull: false;
  }
}
