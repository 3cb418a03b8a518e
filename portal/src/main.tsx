import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";

const Editor = lazy(() => import("./editor"));

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <h1>gatelog</h1>
    <Suspense fallback={<p>loading the editor</p>}>
      <Editor />
    </Suspense>
  </StrictMode>,
);
