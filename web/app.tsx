/** @file The application: which page stands in the frame. */
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './styles/base.css';
import './styles/report.css';
import './styles/app.css';
import { accessKey } from './api/client.ts';
import { address, startRouter } from './lib/router.ts';
import { ActivationsPage } from './pages/activations.tsx';
import { ComparePage } from './pages/compare.tsx';
import { JobPage } from './pages/job.tsx';
import { JobsPage } from './pages/jobs.tsx';
import { NewPage } from './pages/new.tsx';
import { Frame } from './ui/frame.tsx';

const JOB = /^\/jobs\/([^/]+)$/;

/** What stands in the tab; a job's page names the job. */
const titles: Readonly<Record<string, string>> = {
  '/new': 'New experiment',
  '/compare': 'Compare',
  '/activations': 'Activations',
};

function Page() {
  const { pathname } = address.value;
  const job = JOB.exec(pathname)?.[1];
  useEffect(() => {
    if (job === undefined) document.title = `${titles[pathname] ?? 'Jobs'} · GradClinic`;
  }, [pathname]);
  if (job !== undefined) return <JobPage key={job} id={decodeURIComponent(job)} />;
  if (pathname === '/new') return <NewPage />;
  if (pathname === '/compare') return <ComparePage key={address.value.search} />;
  if (pathname === '/activations') return <ActivationsPage />;
  return <JobsPage />;
}

function Application() {
  return (
    <Frame>
      <Page key={accessKey.value ?? ''} />
    </Frame>
  );
}

const root = document.getElementById('root');
startRouter();
if (root !== null) render(<Application />, root);
