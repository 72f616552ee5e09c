import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnection } from '@/shared/realtime/socket';
import { useMe } from '@/shared/session/session';
import { Avatar } from '@/shared/ui/Avatar';
import { deferred } from '@/shared/ui/deferred';
import { IconMenu2 } from '@/shared/ui/icons';
import classes from './Shell.module.css';

export type Place = 'rail' | 'bottom';

const UserMenu = deferred(() => import('./UserMenu'));

export function UserControl({ onHelp, place }: { onHelp: () => void; place: Place }) {
  return (
    <UserMenu
      wanted={false}
      onOpen={() => undefined}
      props={{ onHelp, place }}
      button={(handlers) => <UserButton place={place} {...handlers} />}
    />
  );
}

/** The user's own face on the rail, or the last tab on a phone. */
export function UserButton({ place, ...rest }: { place: Place } & ComponentProps<'button'>) {
  const { t } = useTranslation('app');
  const { user } = useMe();
  const lost = useConnection((state) => state.phase === 'lost');
  return (
    <button
      type="button"
      aria-haspopup="menu"
      {...rest}
      className={place === 'rail' ? classes.user : classes.tab}
      data-testid="user-menu"
      aria-label={place === 'rail' ? t('userMenu', { name: user.name }) : undefined}
    >
      {place === 'rail' ? (
        <>
          <Avatar id={user.id} name={user.name} size={32} />
          <span className={classes.presence} data-lost={lost || undefined} />
        </>
      ) : (
        <>
          <span className={classes.tabIcon}>
            <IconMenu2 size={24} stroke={1.5} aria-hidden="true" />
          </span>
          {t('tabs.more')}
        </>
      )}
    </button>
  );
}
