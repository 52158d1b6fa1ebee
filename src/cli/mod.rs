//! The program: what was typed, what is needed, what is shown.
