//! The least real ground: stories of cases, faults and what their receivers did, and that a seed fixes everything.

mod books;
mod faults;
mod losses;
mod prefecture;
mod search;
mod stories;
mod world;
