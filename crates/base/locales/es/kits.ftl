# Lo que se entrega con un dispositivo.
kit-title = Juegos de piezas
kit-lead = Lo que se entrega con un dispositivo: una funda, un cargador, un cable. Se guarda con cada préstamo y se pide al devolver.
kit-parts = Piezas
kit-part = Pieza
kit-part-hint = Por ejemplo un cargador. Una con el mismo nombre se cambia.
kit-spares = En almacén
kit-lacking = Dispositivos sin ella
kit-part-store = Guardar la pieza
kit-of-kind = { $kind }: todos los demás modelos
kit-missing = ¿Qué no volvió?
kit-with = con { $parts }
kit-without = Piezas que le faltan a este dispositivo
kit-new = Una nueva del almacén
kit-found = Ya está aquí
kit-wrong = Una pieza tiene un nombre, y hay de 0 a 100,000.
kit-none = No hay ninguna en almacén, o el dispositivo ya la tiene.
