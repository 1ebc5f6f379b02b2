/** In place of the pages of a lab, where `ferrolab open` serves recordings alone. */
import type { ReactElement } from 'react';
import { Empty } from '../ui/empty.tsx';
import { begunAt } from './begun.ts';
import { Link } from './link.tsx';

export const NoLab = (): ReactElement => (
  <main className="page">
    <article className="faceplate ghost">
      <Empty
        title="No lab is here, only a recording"
        actions={
          <Link to={begunAt('/diff') === '/diff' ? begunAt('/traffic') : begunAt('/diff')} className="btn">
            Go to the recording
          </Link>
        }
      >
        A lab starts with <code>npm start</code>
      </Empty>
    </article>
  </main>
);
