# Personal
program-title = Programas
program-lead = Otros programas del distrito consultan la interfaz con una ficha, o reciben avisos de lo que pasa. Cada consulta de los préstamos de un estudiante queda escrita con el nombre de la ficha.
program-tokens = Fichas
program-name = Para qué es
program-name-hint = Por ejemplo el almacén de datos o el quiosco.
program-scopes = Qué puede hacer
program-scope-devices = Ver aparatos
program-scope-loans = Ver préstamos
program-scope-lines = Ver líneas de las compañías
program-scope-requests = Ver solicitudes
program-scope-help = Ver casos de ayuda
program-scope-scan = Prestar y recibir con un escaneo
program-scope-devices-write = Cargar archivos de dispositivos
program-scope-loans-write = Renovar préstamos, decir que algo se perdió o apareció, guardar avisos
program-scope-lines-write = Retener, soltar y terminar líneas, cargar archivos de operadoras
program-scope-requests-write = Recibir y retirar solicitudes, hacer ofertas
program-made = Hecha
program-used = Usada por última vez, UTC
program-revoke = Retirarla
program-revoked = Retirada
program-token-make = Hacer una ficha
program-secret-token = Esta es la ficha. Cópiela ahora: se muestra solo esta vez y no se guarda en ninguna parte.
program-secret-webhook = Este es el secreto con que se firman los avisos al receptor. Cópielo ahora: se muestra solo esta vez.
program-hooks = Receptores
program-hooks-lead = A un receptor se le avisa de lo que pasa, con mensajes firmados (webhooks). Llevan números, no nombres.
program-url = Dirección
program-url-hint = https, en uno de estos servidores: { $hosts }
program-events = De qué
program-told = Avisado por última vez, UTC
program-failed = { $n ->
    [one] { $shown } intento falló
   *[other] { $shown } intentos fallaron
}
program-stop = Pararlo
program-stopped = Parado
program-no-hosts = Los ajustes del servidor no nombran ningún servidor al que se pueda avisar.
program-hook-make = Añadir el receptor
program-wrong-token = Diga para qué es la ficha y qué puede hacer.
program-wrong-hook = Dé una dirección con https en un servidor que nombran los ajustes, y elija de qué se le avisa.
