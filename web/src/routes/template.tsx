import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { TemplatePage } from '@/features/templates/ui/TemplatePage';

const route = getRouteApi('/inside/templates/$templateId');

export default function Template() {
  const { templateId } = route.useParams();
  const navigate = useNavigate();
  return <TemplatePage key={templateId} id={templateId} onGone={() => void navigate({ to: '/templates' })} />;
}
