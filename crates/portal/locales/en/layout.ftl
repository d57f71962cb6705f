layout-skip = Skip to the main content
