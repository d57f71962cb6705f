# Personal
kiosk-title = Quiosco
kiosk-lead = Escanee la tarjeta del estudiante y luego el aparato. Si el servidor no responde, siga: los escaneos se guardan en este navegador y se mandan cuando vuelva, cada uno una vez. No cierre esta página mientras alguno espere.
kiosk-no-script = El quiosco necesita un script. El mostrador funciona sin él.
kiosk-scan = Escanee un estudiante o un aparato
kiosk-sound = Sonido
kiosk-last = Últimos escaneos
kiosk-waits = Escaneos que esperan al servidor: %
kiosk-kept = Guardado
kiosk-sign-in = Inicie sesión otra vez en otra ventana. Lo escaneado está guardado.
kiosk-refused = El servidor no aceptó este escaneo:
kiosk-here = En el mostrador: %
kiosk-nobody = No hay nadie en el mostrador.
kiosk-wrong = No se pudo leer el escaneo.
kiosk-refused-late = Rechazado después de un corte
kiosk-refused-lead = Esto se escaneó cuando no se podía llegar al servidor, y se rechazó cuando se pudo. Los dispositivos quizá ya salieron. Esta lista se queda hasta que se resuelva.
kiosk-worked = La lista está resuelta
