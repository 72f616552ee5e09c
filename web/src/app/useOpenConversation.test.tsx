import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { handleKey } from '@/shared/keys/registry';
import { useKeys } from '@/shared/keys/useKeys';
import { useOpenConversation } from './useOpenConversation';

let answered: string[] = [];

function Inbox() {
  const id = useOpenConversation();
  useKeys([{ keys: 'e', run: () => answered.push(id ?? 'none') }]);
  return <p>{id ?? 'none'}</p>;
}

function start(at: string) {
  const root = createRootRoute({ component: Outlet });
  const inbox = createRoute({ getParentRoute: () => root, path: '/inbox/$view', component: Inbox });
  const conversation = createRoute({ getParentRoute: () => inbox, path: '$conversationId' });
  const other = createRoute({
    getParentRoute: () => root,
    path: '/quarantine',
    // Slow, as a page whose code is on its way.
    beforeLoad: () => new Promise((resolve) => setTimeout(resolve, 50)),
    component: () => <p>quarantine</p>,
  });
  const history = createMemoryHistory({ initialEntries: [at] });
  const router = createRouter({ routeTree: root.addChildren([inbox.addChildren([conversation]), other]), history });
  render(<RouterProvider router={router as never} />);
  return router;
}

afterEach(() => {
  answered = [];
  cleanup();
});

test('a key that follows a move acts on the conversation that was moved to, not on the one before', async () => {
  const router = start('/inbox/mine/c1');
  await screen.findByText('c1');
  document.addEventListener('keydown', handleKey);
  void router.navigate({ to: '/inbox/$view/$conversationId', params: { view: 'mine', conversationId: 'c2' } });
  // The browser lets microtasks run between two keys and nothing else.
  await Promise.resolve();
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }));
  document.removeEventListener('keydown', handleKey);
  expect(answered).toEqual(['c2']);
});

test('on the way to another page the inbox shows what it showed', async () => {
  const router = start('/inbox/mine/c1');
  await screen.findByText('c1');
  void router.navigate({ to: '/quarantine' });
  await Promise.resolve();
  expect(screen.getByText('c1')).toBeTruthy();
  await screen.findByText('quarantine');
});
