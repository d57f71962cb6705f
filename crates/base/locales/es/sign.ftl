# Lo que leen las familias al firmar
sign-title-out = Firme por su aparato
sign-title-in = Firme que lo devolvió
sign-agreement = Lo que usted acepta
sign-agree = Leí esto y lo acepto.
sign-agree-empty = Marque la casilla para decir que acepta.
sign-return = El aparato ya está en la escuela. Firme para que usted también lo tenga por escrito.
sign-name = Su nombre
sign-name-hint = Escriba su nombre completo. Vale como su firma.
sign-name-empty = Escriba su nombre.
sign-draw = También puede firmar aquí con el dedo, una pluma o el ratón.
sign-clear = Borrar
sign-strokes = No se pudo leer el dibujo. Bórrelo y dibuje otra vez, o déjelo.
sign-version = El texto cambió mientras lo leía. Por favor léalo otra vez.
sign-button = Firmar
sign-done = Gracias. Ya está firmado.
# Personal
sign-loan = Préstamo
sign-sign = Firmar
sign-signatures = Firmas
sign-none = Nadie ha firmado por este préstamo.
sign-moment-out = Al entregar
sign-moment-in = Al devolver
sign-by-counter = Firmado en el mostrador.
sign-by-phone = Firmado en el celular del hogar.
sign-with = con la versión { $version } del acuerdo, { $language }
sign-drawn = La firma de { $name }
sign-square = Enlace para firmar
sign-square-lead = O que el hogar escanee esto con su celular. Sirve por una hora.
sign-agreements = Acuerdos
sign-agreements-lead = Lo que un hogar acepta al recibir un aparato. Cada versión queda; con cada préstamo se guarda cuál se firmó.
sign-agreement-store = Poner esta versión en vigor
sign-agreement-none = No hay acuerdo en este idioma.
sign-wrong-agreement = Dé un texto de 8,000 letras como mucho.
sign-versions = Versiones
sign-version-number = Versión
sign-since = En vigor desde
sign-signed-loans = Préstamos firmados
sign-unsigned = Préstamos por los que nadie ha firmado
sign-unsigned-found = { $n ->
    [0] Todos los préstamos abiertos están firmados.
    [one] { $shown } préstamo abierto no está firmado.
   *[other] { $shown } préstamos abiertos no están firmados.
}
sign-too-late = No se firmó nada. Otra persona ya firmó, o el dispositivo ya no está prestado. Pregunte en la escuela.
sign-other-language = Este texto todavía no está en español. Pida a alguien de la escuela que lo lea con usted.
sign-warn-missing = Hay un acuerdo en un solo idioma. A las familias que leen el otro se les muestra ese.
sign-warn-older = El texto en un idioma es más viejo que en el otro. ¿Dicen lo mismo?
