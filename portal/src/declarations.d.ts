declare module "*?worker" {
  const WorkerConstructor: new () => Worker;
  export default WorkerConstructor;
}

declare module "monaco-editor/esm/vs/editor/edcore.main";
