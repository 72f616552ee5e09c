import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { askedIn } from '@/features/search/model/asked';
import { SearchPage } from '@/features/search/ui/SearchPage';

const route = getRouteApi('/inside/search');

/** What is looked for stands in the address: the way back leads to the same results. */
export default function Search() {
  const navigate = useNavigate();
  return (
    <SearchPage
      asked={askedIn(route.useSearch())}
      onAsk={(asked) => void navigate({ to: '/search', search: asked, replace: true })}
    />
  );
}
