export declare const DASHBOARD_FILE: string;
export declare function dashboard(): { panels: { title: string; targets?: { expr: string }[] }[] };
export declare function dashboardText(): string;
