/** The product's mark. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#1f252c" />
      <path d="M7.5 22.5V10.8L16 18.8l8.5-8v11.7" fill="none" stroke="#d9b88a" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
