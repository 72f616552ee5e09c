/** Addresses of the client. Each page is a file of its own, loaded when it is first opened. */
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { type Asked, askedIn } from '@/features/search/model/asked';
import type { TemplateFilter } from '@/features/templates/ui/TemplatesPage';
import type { ConversationStatus, View } from '@/shared/api/types';
import { useSession } from '@/shared/session/session';
import { NotFound } from './NotFound';
import { Shell } from './shell/Shell';

const VIEWS: View[] = ['mine', 'unassigned', 'all'];
const STATUSES: ConversationStatus[] = ['open', 'snoozed', 'resolved'];

const root = createRootRouteWithContext()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { back?: string } =>
    // Only an address of our own: `//elsewhere` would be another site.
    typeof search.back === 'string' && /^\/(?![/\\])/.test(search.back) ? { back: search.back } : {},
  component: lazyRouteComponent(() => import('@/routes/sign-in')),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: ({ location }) => {
    if (useSession.getState().session) return;
    const back = location.href;
    throw redirect({ to: '/sign-in', search: back === '/' ? {} : { back }, replace: true });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/inbox/$view', params: { view: 'mine' }, replace: true });
  },
});

const inbox = createRoute({
  getParentRoute: () => inside,
  path: '/inbox/$view',
  validateSearch: (search: Record<string, unknown>): { status?: 'snoozed' | 'resolved'; message?: string; at?: number } => {
    const status = STATUSES.find((known) => known === search.status);
    const { message, at } = search;
    return {
      ...(status && status !== 'open' ? { status } : {}),
      // Where in the thread: the message and its place.
      ...(typeof message === 'string' && typeof at === 'number' && Number.isSafeInteger(at) && at > 0 ? { message, at } : {}),
    };
  },
  beforeLoad: ({ params }) => {
    if (VIEWS.some((view) => view === params.view)) return;
    throw redirect({ to: '/inbox/$view', params: { view: 'mine' }, replace: true });
  },
  component: lazyRouteComponent(() => import('@/routes/inbox')),
});

const conversation = createRoute({ getParentRoute: () => inbox, path: '$conversationId' });

const search = createRoute({
  getParentRoute: () => inside,
  path: '/search',
  validateSearch: (search: Record<string, unknown>): Partial<Asked> => askedIn(search),
  component: lazyRouteComponent(() => import('@/routes/search')),
});

const quarantine = createRoute({
  getParentRoute: () => inside,
  path: '/quarantine',
  component: lazyRouteComponent(() => import('@/routes/quarantine')),
});

const templates = createRoute({
  getParentRoute: () => inside,
  path: '/templates',
  validateSearch: (search: Record<string, unknown>): TemplateFilter =>
    Object.fromEntries(
      (['q', 'status', 'category', 'language'] as const).flatMap((key) => {
        const value = search[key];
        return value && (typeof value === 'string' || key === 'q') ? [[key, String(value)]] : [];
      }),
    ),
  component: lazyRouteComponent(() => import('@/routes/templates')),
});

const newTemplate = createRoute({
  getParentRoute: () => inside,
  path: '/templates/new',
  validateSearch: (search: Record<string, unknown>): { from?: string } =>
    typeof search.from === 'string' ? { from: search.from } : {},
  component: lazyRouteComponent(() => import('@/routes/template-editor')),
});

const template = createRoute({
  getParentRoute: () => inside,
  path: '/templates/$templateId',
  component: lazyRouteComponent(() => import('@/routes/template')),
});

const editTemplate = createRoute({
  getParentRoute: () => inside,
  path: '/templates/$templateId/edit',
  component: lazyRouteComponent(() => import('@/routes/template-editor')),
});

const channels = createRoute({
  getParentRoute: () => inside,
  path: '/channels',
  component: lazyRouteComponent(() => import('@/routes/channels')),
});

const channelsConnected = createRoute({
  getParentRoute: () => root,
  path: '/channels/connected',
  component: lazyRouteComponent(() => import('@/routes/channels-connected')),
});

const cannedReplies = createRoute({
  getParentRoute: () => inside,
  path: '/canned-replies',
  component: lazyRouteComponent(() => import('@/routes/canned-replies')),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/routes/settings')),
});

const contactFields = createRoute({
  getParentRoute: () => inside,
  path: '/contact-fields',
  component: lazyRouteComponent(() => import('@/routes/contact-fields')),
});

const tree = root.addChildren([
  signIn,
  channelsConnected,
  inside.addChildren([
    home,
    inbox.addChildren([conversation]),
    search,
    quarantine,
    templates,
    newTemplate,
    template,
    editTemplate,
    channels,
    cannedReplies,
    settings,
    contactFields,
  ]),
]);

export const router = createRouter({ routeTree: tree, context: {}, defaultPreload: 'intent', scrollRestoration: false });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
