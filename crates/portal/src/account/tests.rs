//! The slice through the whole router.
