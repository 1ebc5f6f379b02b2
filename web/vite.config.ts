/** How the dashboard is built: one bundle of static files that the lab serves from `web/dist`. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const lab = process.env.FERROLAB_URL ?? 'http://127.0.0.1:8025';

export default defineConfig(({ command }) => {
  if (command === 'build') process.env.NODE_ENV = 'production'; // also when a test runner asks for the build
  return {
    root: import.meta.dirname,
    base: '/',
    plugins: [react()],
    build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 900 },
    server: {
      proxy: {
        '/api': { target: lab, changeOrigin: true },
        '/socket.io': { target: lab, ws: true, changeOrigin: true },
      },
    },
  };
});
