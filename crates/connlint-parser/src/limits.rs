//! How much of a project is read before connlint says that it stops.

/// Longest name or text of the project that a notice shows, in characters.
const MAX_SHOWN: usize = 80;

/// A name or text of the project as notices show it, shortened where it is long.
pub(crate) fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// Budgets of a run. Each one that is hit becomes a notice, never an error.
///
/// The defaults cost no real project anything: the largest file found in real services has 2.5 MB, the deepest nesting
/// is 45.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest source file or manifest that is read, in bytes. Default: 8 MiB.
    pub max_file_bytes: u64,
    /// Deepest nesting of delimiters, generics, unary operators and `use` groups that is parsed. Default: 256.
    pub max_nesting: usize,
    /// Stack of each worker thread, in bytes. Default: 64 MiB, 16 MiB in optimised builds. It must hold
    /// `max_nesting` levels of recursive descent; unused pages cost no memory.
    pub stack_bytes: usize,
    /// Largest number of source files that are read. Default: 200,000.
    pub max_files: usize,
    /// Largest sum of the sizes of source files, in bytes. Default: 2 GiB.
    pub max_total_bytes: u64,
    /// Largest number of folder entries that are looked at. Default: 2,000,000.
    pub max_walk_entries: usize,
    /// Largest number of modules of one crate. Default: 100,000.
    pub max_modules: usize,
    /// Whether bodies of test functions are read. Default: yes. Where they are not they look empty, and what they call is
    /// in [`connlint_facts::FileFacts::test_names`].
    pub test_bodies: bool,
    /// Worker threads; `None` is one for each processor that the process may use. The result does not depend on it.
    pub threads: Option<usize>,
    /// Whether the calling thread's rayon pool does the work, so that what one stage leaves of memory serves the next.
    /// Its stacks must be as large as [`Self::stack_bytes`] says. Default: no, threads of its own do.
    pub current_pool: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 8 << 20,
            max_nesting: 256,
            stack_bytes: if cfg!(debug_assertions) { 64 << 20 } else { 16 << 20 },
            max_files: 200_000,
            max_total_bytes: 2 << 30,
            max_walk_entries: 2_000_000,
            max_modules: 100_000,
            test_bodies: true,
            threads: None,
            current_pool: false,
        }
    }
}
