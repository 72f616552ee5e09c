import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { TemplatesPage } from '@/features/templates/ui/TemplatesPage';

const route = getRouteApi('/inside/templates');

export default function Templates() {
  const filter = route.useSearch();
  const navigate = useNavigate();
  return <TemplatesPage filter={filter} onFilter={(search) => void navigate({ to: '/templates', search, replace: true })} />;
}
