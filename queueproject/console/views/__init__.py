"""One view per question: each makes its selector calls and names its template."""
