import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { beginWork } from '@/app/lifecycle';
import { applyPreferences } from '@/app/preferences';
import { SignInPage } from '@/features/accounts/ui/SignInPage';
import { useSession } from '@/shared/session/session';

const route = getRouteApi('/sign-in');

export default function SignIn() {
  const { back } = route.useSearch();
  const ended = useSession((state) => state.ended);
  const session = useSession((state) => state.session);
  const queries = useQueryClient();
  const router = useRouter();

  useEffect(() => {
    if (session) router.history.replace(back ?? '/inbox/mine');
  }, [session, back, router]);

  return (
    <SignInPage
      ended={ended}
      onSignedIn={(made, chosenHere) => {
        beginWork(made, queries);
        void applyPreferences(made, chosenHere);
      }}
    />
  );
}
