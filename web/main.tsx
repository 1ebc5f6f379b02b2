/** The dashboard begins: theme, feed, page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './tokens.css';
import './ui.css';
import { App } from './shell/app.tsx';
import { fetchPagesWhenIdle } from './shell/pages.ts';
import { connectFeed } from './store/feed.ts';
import { beginTheme } from './ui/theme.ts';

beginTheme();
connectFeed();
fetchPagesWhenIdle();

const root = document.getElementById('lab');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
