layout-skip = Saltar al contenido principal
