/** Mantine dressed in the tokens: its components read our variables, so both themes come from tokens.css alone. */
import { type CSSVariablesResolver, createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: {
    accent: ['#F1F9F7', '#DCF1EC', '#BFE2DB', '#8CC7BF', '#5DB5AB', '#2A978C', '#0E8277', '#0B7A70', '#09665E', '#0A4B45'],
  },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '17px' },
  lineHeights: { xs: '16px', sm: '18px', md: '20px', lg: '24px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '14px' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  components: {
    // Menus and pickers open inside a landmark of their own.
    Portal: { defaultProps: { target: '#overlays' } },
    // Not by keys outside, as Mantine would have it: the key that opens a menu would close it again, once its code is here.
    Menu: { defaultProps: { clickOutsideEvents: ['mousedown', 'touchstart'] } },
  },
});

const variables = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--t1)',
  '--mantine-color-bright': 'var(--t1)',
  '--mantine-color-dimmed': 'var(--t3)',
  '--mantine-color-placeholder': 'var(--t3)',
  '--mantine-color-anchor': 'var(--acct)',
  '--mantine-color-error': 'var(--red)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--t1)',
  '--mantine-color-default-border': 'var(--line2)',
  '--mantine-color-disabled': 'var(--hover)',
  '--mantine-color-disabled-color': 'var(--t3)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--acc)',
  '--mantine-primary-color-filled-hover': 'var(--acc-hover)',
  '--mantine-color-accent-filled': 'var(--acc)',
  '--mantine-color-accent-filled-hover': 'var(--acc-hover)',
};

export const resolver: CSSVariablesResolver = () => ({ variables: {}, light: variables, dark: variables });
