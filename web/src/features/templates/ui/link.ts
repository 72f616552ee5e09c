/** Links that look like buttons: they lead to a page of their own, so they can be opened in another tab. */
import classes from './link.module.css';

export const linkClass = (look: 'primary' | 'outlined' = 'outlined'): string => `${classes.link} ${classes[look]}`;
